"""Who holds the slots, since when, and how it is told (workers.md 2.5, 3.24-3.28)."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from penstock.core.clock import utc_now
from penstock.core.ids import uuid7
from penstock.core.states import StateType, default_state_name
from penstock.server.models import workers
from tests.api.driver import Api, ago

conformance = pytest.mark.conformance

NOON = utc_now().replace(hour=12, minute=0, second=0, microsecond=0)


async def pool_with_a_and_b(api: Api, **fields: Any) -> tuple[dict[str, Any], str, str]:
    """Create a pool with queues ``a`` and ``b``; return it and their ids."""
    pool = await api.create_pool(**fields)
    await api.patch("work_pools/pool/queues/default", {"name": "a"})
    return pool, pool["default_queue_id"], (await api.create_queue("b"))["id"]


async def add_history(api: Api, run_id: UUID, history: str) -> None:
    """Write the states a run has had; ``RUNNING 2`` means at two minutes past noon."""
    states = []
    for entry in history.split(", "):
        name, minute = entry.split()
        states.append(
            api.db.FlowRunState(
                id=uuid7(),
                flow_run_id=run_id,
                type=StateType(name),
                name=default_state_name(StateType(name)),
                timestamp=NOON + timedelta(minutes=int(minute)),
            )
        )
    async with api.db.session_context(begin_transaction=True) as session:
        session.add_all(states)


async def pool_holders(api: Api, **arguments: Any) -> list[tuple[UUID, datetime | None]]:
    """Return run ids and times from the model function."""
    pool_id = UUID((await api.read_pool())["id"])
    async with api.db.session_context() as session:
        found = await workers.get_work_pool_slot_holders(session=session, work_pool_id=pool_id, **arguments)
    return [(run.id, acquired) for run, acquired in found]


@conformance(197, 198)
async def test_holders_are_pending_and_running_runs_by_queue_id(api: Api) -> None:
    pool, a, b = await pool_with_a_and_b(api)
    holders = [
        await api.add_run(a, "RUNNING"),
        await api.add_run(a, "RUNNING"),
        await api.add_run(b, "PENDING"),
    ]
    await api.add_run(b, "CANCELLING")
    await api.add_run(b, "COMPLETED")
    await api.add_run(None, "RUNNING", work_queue_name="a")
    await api.patch("work_pools/pool/queues/b", {"is_paused": True})
    pool_id = UUID(pool["id"])

    async with api.db.session_context() as session:
        count = await workers.count_work_pool_slot_holders(session=session, work_pool_id=pool_id)
        by_queue = await workers.count_work_pool_slot_holders_by_queue(session=session, work_pool_id=pool_id)

    assert count == 3
    assert by_queue == {UUID(a): 2, UUID(b): 1}
    assert [run_id for run_id, _ in await pool_holders(api)] == sorted(holders)


@pytest.mark.parametrize(
    ("history", "minute"),
    [
        pytest.param("SCHEDULED 0, PENDING 1, RUNNING 2", 1, marks=conformance(198, 199)),
        pytest.param("PENDING 1, RUNNING 2, FAILED 5, PENDING 7", 7, marks=conformance(200)),
        pytest.param("PENDING 1, RUNNING 2, SCHEDULED 3, PENDING 4, RUNNING 5", 4, marks=conformance(201)),
        pytest.param("RUNNING 3", 3, marks=conformance(202)),
        pytest.param("FAILED 5, PENDING 5", 5, marks=conformance(203)),
        pytest.param("PENDING 1, RUNNING 2, CANCELLING 6", 1, marks=conformance(204)),
        pytest.param("RUNNING 2, PAUSED 4, RUNNING 9", 9, marks=conformance(205)),
    ],
)
async def test_a_slot_is_held_since_the_present_stretch_began(api: Api, history: str, minute: int) -> None:
    _, a, _ = await pool_with_a_and_b(api)
    run_id = await api.add_run(a, "RUNNING")
    entries = history.split(", ")
    if entries[0].split()[1] == entries[-1].split()[1] and len(entries) == 2:
        await add_states_of_one_moment(api, run_id, entries)
    else:
        await add_history(api, run_id, history)

    expected = [(run_id, NOON + timedelta(minutes=minute))]
    assert await pool_holders(api) == expected
    async with api.db.session_context() as session:
        found = await workers.get_work_queue_slot_holders(session=session, work_queue_id=UUID(a))
    assert [(run.id, acquired) for run, acquired in found] == expected


async def add_states_of_one_moment(api: Api, run_id: UUID, entries: list[str]) -> None:
    """Write states of the same minute, which the history keeps a microsecond apart."""
    await add_history(api, run_id, entries[1])
    name, minute = entries[0].split()
    earlier = NOON + timedelta(minutes=int(minute)) - timedelta(microseconds=1)
    async with api.db.session_context(begin_transaction=True) as session:
        session.add(
            api.db.FlowRunState(
                id=uuid7(), flow_run_id=run_id, type=StateType(name), name="Failed", timestamp=earlier
            )
        )


@conformance(198)
async def test_without_a_history_nothing_is_known(api: Api) -> None:
    _, a, _ = await pool_with_a_and_b(api)
    run_id = await api.add_run(a, "RUNNING")

    assert await pool_holders(api) == [(run_id, None)]


@conformance(206)
async def test_a_limit_is_for_each_queue_and_only_with_queues(api: Api) -> None:
    _, a, b = await pool_with_a_and_b(api)
    first, *_ = sorted(await api.add_runs(a, 2, "RUNNING"))
    other, *_ = sorted(await api.add_runs(b, 2, "RUNNING"))
    both = [UUID(a), UUID(b)]

    limited = await pool_holders(api, work_queue_ids=both, flow_run_limit=1)
    assert {run_id for run_id, _ in limited} == {first, other}
    assert len(await pool_holders(api, flow_run_limit=1)) == 4
    assert len(await pool_holders(api, work_queue_ids=both[:1])) == 2
    assert await pool_holders(api, work_queue_ids=[]) == []


@conformance(197, 207)
async def test_a_pools_status_is_paged_by_queues_with_the_same_totals(api: Api) -> None:
    _, a, b = await pool_with_a_and_b(api, concurrency_limit=9)
    await api.add_runs(a, 2, "RUNNING")
    await api.add_run(b, "PENDING")
    path = "work_pools/pool/concurrency_status"

    whole = await api.post(path)
    pages = [await api.post(path, {"page": page, "limit": 1}) for page in (1, 2, 999)]

    assert [queue["queue_name"] for queue in whole["queues"]] == ["a", "b"]
    assert (whole["count"], whole["limit"], whole["pages"], whole["page"]) == (2, 200, 1, 1)
    assert [[queue["queue_name"] for queue in page["queues"]] for page in pages] == [["a"], ["b"], []]
    for page in pages:
        totals = (
            page["active_slots"],
            page["concurrency_limit"],
            page["count"],
            page["pages"],
            page["limit"],
        )
        assert totals == (3, 9, 2, 2, 1)
    [queue] = pages[0]["queues"]
    assert (queue["queue_id"], queue["active_slots"], queue["flow_run_count"]) == (a, 2, 2)
    assert len(queue["flow_runs"]) == 2


@conformance(208)
async def test_the_bounds_of_a_pools_status(api: Api) -> None:
    _, a, _ = await pool_with_a_and_b(api)
    await api.add_runs(a, 3, "RUNNING")
    path = "work_pools/pool/concurrency_status"

    none = (await api.post(path, {"flow_run_limit": 0}))["queues"][0]
    two = (await api.post(path, {"flow_run_limit": 2}))["queues"][0]
    closed = await api.post(path, {"limit": 0})

    assert (none["flow_runs"], none["flow_run_count"]) == ([], 3)
    assert (len(two["flow_runs"]), two["flow_run_count"]) == (2, 3)
    assert (closed["queues"], closed["pages"], closed["count"]) == ([], 0, 2)
    for body in ({"flow_run_limit": 201}, {"flow_run_limit": -1}, {"page": 0}, {"limit": 201}):
        await api.post(path, body, expect=422)


@conformance(209)
async def test_an_unlimited_empty_pool(api: Api) -> None:
    await api.create_pool()

    status = await api.post("work_pools/pool/concurrency_status")

    assert (status["active_slots"], status["concurrency_limit"]) == (0, None)
    answer = await api.post("work_pools/absent/concurrency_status", expect=404)
    assert answer == {"detail": "Work pool 'absent' not found."}


@conformance(210)
async def test_a_summary_tells_the_state_and_how_long(api: Api) -> None:
    _, a, _ = await pool_with_a_and_b(api)
    await api.add_run(a, "PENDING", name="run", since=ago(seconds=60))

    status = await api.post("work_pools/pool/concurrency_status")

    [run] = status["queues"][0]["flow_runs"]
    assert 60 <= run.pop("time_in_current_state") < 120
    assert run.pop("state_timestamp") is not None
    assert run.pop("id") is not None
    assert run == {"name": "run", "state_type": "PENDING", "state_name": "Pending", "start_time": None}


@conformance(211, 212)
async def test_a_queues_status_counts_cancelling_and_nameless_runs(api: Api) -> None:
    _, a, _ = await pool_with_a_and_b(api)
    await api.create_pool("other")
    other = await api.create_queue("a", pool="other")
    by_id = [await api.add_run(a, state) for state in ("PENDING", "RUNNING", "CANCELLING")]
    by_name = await api.add_run(None, "RUNNING", work_queue_name="a")
    await api.add_run(None, "SCHEDULED", work_queue_name="a")
    path = f"work_queues/{a}/concurrency_status"

    whole = await api.post(path)
    pages = [await api.post(path, {"page": page, "limit": 3}) for page in (1, 2, 3)]

    assert (whole["active_slots"], whole["count"], whole["pages"]) == (4, 4, 1)
    assert {run["id"] for run in whole["flow_runs"]} == {str(run_id) for run_id in (*by_id, by_name)}
    assert [len(page["flow_runs"]) for page in pages] == [3, 1, 0]
    assert {(page["active_slots"], page["count"], page["pages"]) for page in pages} == {(4, 4, 2)}
    elsewhere = await api.post(f"work_queues/{other['id']}/concurrency_status")
    assert [run["id"] for run in elsewhere["flow_runs"]] == [str(by_name)]
    async with api.db.session_context() as session:
        assert await workers.count_work_queue_slot_holders(session=session, work_queue_id=uuid4()) == 0


@conformance(212)
async def test_the_status_of_an_unknown_queue_is_not_found(api: Api) -> None:
    answer = await api.post(f"work_queues/{uuid4()}/concurrency_status", expect=404)

    assert answer == {"detail": "Work queue not found."}
