"""Who lives, from what clients send over HTTP and over their sockets."""

from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import pytest
from sqlalchemy.exc import OperationalError

from penstock.schemas.core import Event
from penstock.server.models import attempts
from penstock.server.services import SignsOfLife
from tests.api.driver import Api, ago
from tests.support.events import make_event, related_to, task_run_event
from tests.support.sockets import listening, prefect_socket, send

LONG_AGO = ago(minutes=5)


@pytest.fixture
def signs(api: Api) -> SignsOfLife:
    signs: SignsOfLife = api.app.state.signs_of_life
    return signs


@pytest.fixture
async def address(api: Api) -> AsyncIterator[str]:
    async with listening(api.app) as address:
        yield address


async def running_run(api: Api, worker: str = "w") -> str:
    """Let a worker take a run and its process start it; nothing was heard of it for long."""
    pools = await api.post("work_pools/filter")
    pool = pools[0] if pools else await api.create_pool()
    run_id = str(await api.add_run(pool["default_queue_id"]))
    for state in ("PENDING", "RUNNING"):
        answer = await api.post(
            f"flow_runs/{run_id}/set_state",
            {"state": {"type": state}},
            expect=201,
            x_prefect_worker_name=worker,
        )
        assert answer["status"] == "ACCEPT"
    await be_silent(api, run_id)
    return run_id


async def be_silent(api: Api, run_id: str) -> None:
    await api.change(
        api.db.FlowRun, run_id, lease_expires_at=LONG_AGO, last_sign_of_life=None, state_timestamp=LONG_AGO
    )


async def lives(api: Api, run_id: str) -> bool:
    """Return whether the run's lease was prolonged."""
    found: bool = (await api.row(api.db.FlowRun, UUID(run_id))).lease_expires_at > ago()
    return found


def heartbeat(run_id: str) -> Event:
    return make_event("prefect.flow-run.heartbeat", f"prefect.flow-run.{run_id}")


def stopped(pool_id: str, worker: str = "w", kind: str = "process") -> Event:
    """What a Prefect worker sends when it is asked to stop."""
    return make_event(
        "prefect.worker.stopped",
        f"prefect.worker.{kind}.{worker}",
        labels={"prefect.resource.name": worker, "prefect.worker-type": kind},
        related=[related_to(f"prefect.work-pool.{pool_id}", "work-pool")],
    )


async def report(api: Api, *events: Event) -> None:
    await api.post("events", [event.model_dump(mode="json") for event in events], expect=204)


async def test_heartbeats_task_runs_and_logs_are_signs_of_life(api: Api, signs: SignsOfLife) -> None:
    beating, working, logging, silent = [await running_run(api) for _ in range(4)]
    await report(api, heartbeat(beating), task_run_event(flow_run_id=UUID(working)))
    line = {"name": "x", "level": 20, "message": "m", "timestamp": ago().isoformat()}
    await api.post("logs/", [line | {"flow_run_id": silent}], expect=201, x_prefect_worker_name="w")
    await api.post("logs/", [line | {"flow_run_id": logging}], expect=201, x_prefect_flow_id=str(api.flow_id))
    await signs.run_once()
    assert [await lives(api, run) for run in (beating, working, logging, silent)] == [True, True, True, False]
    rows = [await api.row(api.db.FlowRun, UUID(run)) for run in (beating, working, logging)]
    assert [row.last_sign_of_life is not None for row in rows] == [True, False, False]


async def test_a_run_lives_as_long_as_the_socket_of_its_heartbeats(
    api: Api, signs: SignsOfLife, address: str
) -> None:
    run_id, other = await running_run(api), await running_run(api)
    async with prefect_socket(address, "events/in") as connection:
        await send(connection, heartbeat(run_id).model_dump_json())
        await (await connection.ping())
        for _ in range(2):
            await signs.run_once()
            assert await lives(api, run_id)
            await be_silent(api, run_id)
    await connection.wait_closed()
    for _ in range(100):  # until the server has noticed that the socket is closed
        await be_silent(api, run_id)
        await signs.run_once()
        if not await lives(api, run_id):
            break
    assert not await lives(api, run_id)
    assert not await lives(api, other)


async def test_what_could_not_be_recorded_is_recorded_later(
    api: Api, signs: SignsOfLife, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = await running_run(api)
    signs.note_event(heartbeat(run_id))

    async def fail(**_: object) -> None:
        raise OperationalError("", {}, Exception("away"))

    with monkeypatch.context() as patch:
        patch.setattr(attempts, "record_signs_of_life", fail)
        with pytest.raises(OperationalError):
            await signs.run_once()
    await signs.run_once()
    assert await lives(api, run_id)


async def test_events_about_nothing_are_no_trouble(api: Api, signs: SignsOfLife) -> None:
    await report(
        api,
        heartbeat("nonsense"),
        heartbeat(str(uuid4())),
        make_event("prefect.flow-run.heartbeat", "something.else"),
        make_event("prefect.worker.stopped", "prefect.worker.process.x"),
        stopped("nonsense"),
        stopped(str(uuid4())),
    )
    await signs.run_once()


@pytest.mark.parametrize("kind", ["process", "kubernetes"])
async def test_a_process_worker_that_stops_takes_its_runs_with_it(
    api: Api, signs: SignsOfLife, kind: str
) -> None:
    dead, living = await running_run(api), await running_run(api)
    elsewhere = await running_run(api, "other")
    runs = dead, living, elsewhere
    for run in runs:
        await api.change(api.db.FlowRun, run, lease_expires_at=ago(minutes=-9))
    await report(api, stopped((await api.read_pool())["id"], kind=kind))

    async def seconds_left(run: str) -> float:
        end = (await api.row(api.db.FlowRun, UUID(run))).lease_expires_at
        return float((end - ago()).total_seconds())

    is_short = [await seconds_left(run) <= 45 for run in runs]
    assert is_short == ([True, True, False] if kind == "process" else [False, False, False])
    signs.note_event(heartbeat(living))
    await signs.run_once()
    assert await seconds_left(living) > 45


async def test_deleting_a_worker_frees_what_it_has_not_started(api: Api) -> None:
    run_id = await running_run(api)
    await api.change(api.db.FlowRun, run_id, lease_expires_at=ago(minutes=-9))
    pending = str(await api.add_run((await api.read_pool())["default_queue_id"]))
    await api.post(
        f"flow_runs/{pending}/set_state",
        {"state": {"type": "PENDING"}},
        expect=201,
        x_prefect_worker_name="w",
    )
    await api.heartbeat("w")
    await api.delete("work_pools/pool/workers/w")
    assert not await lives(api, pending)
    row = await api.row(api.db.FlowRun, UUID(run_id))
    assert ago() < row.lease_expires_at < ago(minutes=-5)
