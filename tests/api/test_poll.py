"""Which runs a poll shows, and in which order (workers.md 3.12, 4.3)."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from penstock.core.clock import utc_now
from penstock.server.models import workers
from tests.api.driver import Api, ago, iso, problems

conformance = pytest.mark.conformance


async def three_queues(api: Api) -> dict[str, str]:
    """Create a pool with queues a, b and c in this priority; return their ids."""
    pool = await api.create_pool()
    await api.patch("work_pools/pool/queues/default", {"name": "a"})
    second, third = [await api.create_queue(name) for name in ("b", "c")]
    return {"a": pool["default_queue_id"], "b": second["id"], "c": third["id"]}


async def fill(api: Api, queues: dict[str, str], each: int = 5) -> None:
    """Give each queue scheduled runs; those of later queues start earlier."""
    for hours, (name, queue_id) in enumerate(queues.items(), start=1):
        for number in range(each):
            start = ago(hours=hours) + timedelta(minutes=number)
            await api.add_run(queue_id, name=f"{name}{number}", start=start)


def names(letter: str, count: int = 5) -> list[str]:
    return [f"{letter}{number}" for number in range(count)]


@conformance(69, 70, 72)
async def test_scheduled_runs_come_by_priority_then_by_time(api: Api) -> None:
    queues = await three_queues(api)
    await fill(api, queues)
    for queue_id in queues.values():
        await api.add_run(queue_id, "RUNNING")
        await api.add_run(queue_id, "PENDING")
    order = names("a") + names("b") + names("c")

    assert await api.poll() == order
    assert await api.poll(limit=7) == order[:7]
    assert await api.poll(limit=0) == []


@conformance(71)
async def test_without_priorities_runs_come_by_time(api: Api) -> None:
    await fill(api, await three_queues(api))

    assert await model_names(api, respect_queue_priorities=False) == names("c") + names("b") + names("a")


@conformance(73, 74, 75)
async def test_the_window_includes_its_ends(api: Api) -> None:
    pool = await api.create_pool()
    start, tick = ago(hours=1), timedelta(microseconds=1)
    await api.add_run(pool["default_queue_id"], name="run", start=start)

    assert await api.poll(scheduled_before=iso(start)) == ["run"]
    assert await api.poll(scheduled_before=iso(start - tick)) == []
    assert await api.poll(scheduled_after=iso(start)) == ["run"]
    assert await api.poll(scheduled_after=iso(start + tick)) == []
    assert await api.poll(scheduled_before=iso(start), scheduled_after=iso(start)) == ["run"]
    assert await api.poll(scheduled_before=iso(ago(hours=2)), scheduled_after=iso(ago(minutes=1))) == []


@conformance(73)
async def test_times_may_be_written_in_several_ways(api: Api) -> None:
    pool = await api.create_pool()
    start = utc_now().replace(year=2030, month=5, day=6, hour=7, minute=8, second=9, microsecond=0)
    await api.add_run(pool["default_queue_id"], name="run", start=start)

    for text in (
        "2030-05-06 07:08:09+00:00",
        "2030-05-06T09:08:09+02:00",
        "2030-05-06T07:08:09Z",
        "2030-05-06T07:08:09",
    ):
        assert await api.poll(scheduled_before=text) == ["run"], text
        assert await api.poll(scheduled_after=text) == ["run"], text


@conformance(76, 77)
async def test_future_and_unplanned_runs_come_last_and_only_without_a_window(api: Api) -> None:
    pool = await api.create_pool()
    queue = pool["default_queue_id"]
    await api.add_run(queue, name="unplanned", next_scheduled_start_time=None)
    await api.add_run(queue, name="tomorrow", start=utc_now() + timedelta(days=1))
    await api.add_run(queue, name="due")

    assert await api.poll() == ["due", "tomorrow", "unplanned"]
    assert await api.poll(scheduled_before=iso(utc_now())) == ["due"]
    assert await api.poll(scheduled_after=iso(ago(days=9))) == ["due", "tomorrow"]


@conformance(78, 80)
@pytest.mark.parametrize(
    ("asked", "letters"),
    [(["b"], "b"), (["b", "a"], "ab"), (["b", "b"], "b"), ([], "abc"), (None, "abc")],
)
async def test_queues_are_chosen_by_name(api: Api, asked: Any, letters: str) -> None:
    await fill(api, await three_queues(api), each=2)

    expected = [name for letter in letters for name in names(letter, 2)]
    assert await api.poll(work_queue_names=asked) == expected


@conformance(79, 110)
async def test_unknown_pools_and_queues_are_not_found_and_nothing_is_polled(api: Api) -> None:
    await api.create_pool()
    await api.create_pool("other")
    await api.create_queue("elsewhere", pool="other")
    path = "work_pools/pool/get_scheduled_flow_runs"

    for queue in ("elsewhere", "Default", "absent"):
        answer = await api.post(path, {"work_queue_names": ["default", queue]}, expect=404)
        assert answer == {"detail": f"Work pool queue 'pool/{queue}' not found."}
    answer = await api.post("work_pools/absent/get_scheduled_flow_runs", expect=404)
    assert answer == {"detail": 'Work pool "absent" not found.'}
    await api.record_polls()
    assert (await api.read_queue())["last_polled"] is None


@conformance(81, 82, 109)
async def test_several_pools_share_one_order(api: Api) -> None:
    first, second = await api.create_pool("g"), await api.create_pool("h")
    await api.create_queue("low", pool="g")
    await api.create_queue("low", pool="h")
    queues = {pool: (await api.read_queue("low", pool=pool))["id"] for pool in "gh"}
    defaults = {"g": first["default_queue_id"], "h": second["default_queue_id"]}
    moments = [
        ("g1b", defaults["g"], 30),
        ("g1a", defaults["g"], 1),
        ("g2a", queues["g"], 60),
        ("h1a", defaults["h"], 2),
        ("h2a", queues["h"], 90),
    ]
    for name, queue, age in moments:
        await api.add_run(queue, name=name, start=ago(seconds=age))
    pools = [UUID(first["id"]), UUID(second["id"])]

    assert await model_names(api) == ["g1b", "h1a", "g1a", "h2a", "g2a"]
    assert await model_names(api, work_pool_ids=pools, limit=3) == ["g1b", "h1a", "g1a"]
    assert await model_names(api, respect_queue_priorities=False, limit=2) == ["h2a", "g2a"]
    assert await model_names(api, work_pool_ids=[], work_queue_ids=[]) == await model_names(api)
    assert await model_names(api, work_pool_ids=pools[:1], work_queue_ids=[UUID(queues["h"])]) == []


@conformance(83, 84)
async def test_paused_queues_and_pools_give_nothing(api: Api) -> None:
    await fill(api, await three_queues(api), each=1)

    await api.patch("work_pools/pool/queues/b", {"is_paused": True})
    assert await api.poll() == ["a0", "c0"]
    assert await api.poll("pool", "b") == []

    await api.patch("work_pools/pool", {"is_paused": True})
    assert await api.poll() == []


@conformance(85, 88, 89)
@pytest.mark.parametrize(("limit", "given"), [(10, 5), (5, 3), (2, 0), (1, 0), (0, 0), (None, 5)])
async def test_a_queue_gives_as_many_as_it_has_slots(api: Api, limit: int | None, given: int) -> None:
    pool = await api.create_pool()
    queue = pool["default_queue_id"]
    await api.add_run(queue, "RUNNING")
    await api.add_run(queue, "PENDING")
    await api.add_runs(queue, 5)

    await api.patch("work_pools/pool/queues/default", {"concurrency_limit": limit})

    assert len(await api.poll()) == given
    assert len(await api.poll("pool", "default")) == given


@conformance(86, 88, 91)
@pytest.mark.parametrize(("limit", "given"), [(20, 5), (10, 4), (7, 1), (2, 0), (0, 0)])
async def test_a_pool_gives_as_many_as_it_has_slots_whichever_queue_holds_them(
    api: Api, limit: int, given: int
) -> None:
    queues = await three_queues(api)
    for queue_id in queues.values():
        await api.add_run(queue_id, "RUNNING")
        await api.add_run(queue_id, "PENDING")
        await api.add_runs(queue_id, 5)

    await api.patch("work_pools/pool", {"concurrency_limit": limit})

    assert len(await api.poll("pool", "b")) == given


@conformance(87)
@pytest.mark.parametrize(("limit", "given"), [(25, 15), (16, 10), (7, 1), (2, 0)])
async def test_a_whole_pool_gives_as_many_as_it_has_slots(api: Api, limit: int, given: int) -> None:
    queues = await three_queues(api)
    for queue_id in queues.values():
        await api.add_runs(queue_id, 2, "RUNNING")
        await api.add_runs(queue_id, 5)

    await api.patch("work_pools/pool", {"concurrency_limit": limit})

    assert len(await api.poll()) == given


@conformance(90)
async def test_a_full_queue_leaves_the_pools_slots_to_the_next(api: Api) -> None:
    queues = await three_queues(api)
    await fill(api, queues, each=4)
    await api.patch("work_pools/pool", {"concurrency_limit": 4})
    await api.patch("work_pools/pool/queues/a", {"concurrency_limit": 2})

    assert await api.poll() == ["a0", "a1", "b0", "b1"]
    assert await api.poll(limit=3) == ["a0", "a1", "b0"]
    assert await api.poll("pool", "b") == names("b", 4)


@conformance(92)
async def test_runs_of_a_paused_queue_still_hold_the_pools_slots(api: Api) -> None:
    queues = await three_queues(api)
    await api.add_runs(queues["b"], 3, "RUNNING")
    await api.add_runs(queues["a"], 6)
    await api.patch("work_pools/pool", {"concurrency_limit": 5})
    await api.patch("work_pools/pool/queues/b", {"is_paused": True})

    assert len(await api.poll()) == 2


@conformance(93)
async def test_a_cancelling_run_has_given_its_slot_back(api: Api) -> None:
    pool = await api.create_pool(concurrency_limit=1)
    await api.add_run(pool["default_queue_id"], "CANCELLING")
    await api.add_run(pool["default_queue_id"], name="next")

    assert await api.poll() == ["next"]


@conformance(94, 95, 96, 97)
@pytest.mark.parametrize(
    ("state", "fields", "is_shown"),
    [
        ("SCHEDULED", {"state_name": "Late"}, True),
        ("SCHEDULED", {"state_name": "AwaitingRetry"}, True),
        ("SCHEDULED", {"state_name": "Resuming"}, True),
        ("SCHEDULED", {"retry_type": "in_process"}, False),
        ("SCHEDULED", {"retry_type": "reschedule"}, True),
        ("PENDING", {}, False),
        ("RUNNING", {}, False),
        ("PAUSED", {}, False),
        ("CANCELLING", {}, False),
        ("COMPLETED", {}, False),
        ("FAILED", {}, False),
        ("CANCELLED", {}, False),
        ("CRASHED", {}, False),
    ],
)
async def test_whether_a_run_is_shown_depends_on_its_state(
    api: Api, state: str, fields: dict[str, Any], is_shown: bool
) -> None:
    pool = await api.create_pool()
    await api.add_run(pool["default_queue_id"], state, name="run", **fields)
    await api.add_run(None, name="by name only", work_queue_name="default")

    assert await api.poll() == (["run"] if is_shown else [])


@conformance(98)
async def test_equal_priorities_merge_by_time_and_equal_times_by_id(api: Api) -> None:
    queues = await three_queues(api)
    await api.change(api.db.WorkQueue, queues["b"], priority=1)
    await api.change(api.db.WorkQueue, queues["c"], priority=1)
    same = ago(hours=1)
    tied = sorted([await api.add_run(queues[letter], start=same) for letter in "cab"])
    await api.add_run(queues["c"], name="first", start=ago(hours=3))
    await api.add_run(queues["b"], name="second", start=ago(hours=2))

    assert await api.poll() == ["first", "second", *(f"run-{run_id}" for run_id in tied)]


@conformance(99)
async def test_an_element_tells_pool_queue_and_run_without_its_state(api: Api) -> None:
    pool = await api.create_pool()
    run_id = await api.add_run(pool["default_queue_id"], name="run", parameters={"n": 1}, tags=["t"])

    [row] = await api.post("work_pools/pool/get_scheduled_flow_runs")

    assert (row["work_pool_id"], row["work_queue_id"]) == (pool["id"], pool["default_queue_id"])
    run = row["flow_run"]
    assert run["state"] is None
    assert (run["id"], run["state_type"], run["state_name"]) == (str(run_id), "SCHEDULED", "Scheduled")
    assert (run["parameters"], run["tags"], run["work_queue_id"]) == ({"n": 1}, ["t"], row["work_queue_id"])
    assert {"work_pool_id", "work_pool_name"} & run.keys() == set()
    assert run["empirical_policy"]["retry_type"] is None


@conformance(100)
async def test_a_poll_changes_no_run(api: Api) -> None:
    pool = await api.create_pool()
    run_id = await api.add_run(pool["default_queue_id"], name="run")
    before = await api.get(f"flow_runs/{run_id}")

    assert await api.poll() == await api.poll() == ["run"]
    after = await api.get(f"flow_runs/{run_id}")
    assert (after["state_id"], after["updated"]) == (before["state_id"], before["updated"])


@conformance(110)
async def test_a_bad_body_is_refused(api: Api) -> None:
    await api.create_pool()
    path = "work_pools/pool/get_scheduled_flow_runs"

    assert "scheduled_before" in problems(await api.post(path, {"scheduled_before": "soon"}, expect=422))
    assert "work_queue_names" in problems(await api.post(path, {"work_queue_names": "a"}, expect=422))


async def model_names(api: Api, **arguments: Any) -> list[str]:
    """Return the names of the runs that the model function finds."""
    async with api.db.session_context() as session:
        found = await workers.get_scheduled_flow_runs(session=session, **arguments)
    return [row.flow_run.name for row in found]
