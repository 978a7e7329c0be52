"""Claims and polls that wait until there is something to give (design, section 3)."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any, TypeVar
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI

from penstock.core.clock import utc_now
from penstock.server.app import create_app
from penstock.server.database import DBInterface
from penstock.settings import ServerSettings
from tests.api.driver import Api, iso
from tests.support.server import BASE_URL, WITHOUT_LOOPS, running

Answer = TypeVar("Answer")
LONG = 20.0
"""Longer than any of these waits when it is woken."""
POLLS = {"X-Prefect-Worker-Name": "prefect-worker"}


@pytest.fixture
async def app(db: DBInterface, database_url: str) -> AsyncIterator[FastAPI]:
    """A server that holds polls, and that looks unasked only after a test would have failed."""
    settings = ServerSettings(
        database_url=database_url, held_poll_seconds=LONG, dispatch_recheck_seconds=60.0, **WITHOUT_LOOPS
    )
    async with running(create_app(settings)) as app:
        yield app


async def waits(request: Awaitable[Answer]) -> "asyncio.Task[Answer]":
    """Start a request that is not answered at once."""
    task = asyncio.ensure_future(request)
    await asyncio.sleep(0.3)
    assert not task.done()
    return task


async def answer_of(task: "asyncio.Task[Answer]") -> Answer:
    async with asyncio.timeout(8):
        return await task


async def schedule(api: Api, deployment: dict[str, Any], **at: float) -> str:
    time = iso(utc_now() + timedelta(**at))
    body = {"state": {"type": "SCHEDULED", "state_details": {"scheduled_time": time}}}
    made = await api.post(f"deployments/{deployment['id']}/create_flow_run", body, expect=201)
    run_id: str = made["id"]
    return run_id


@pytest.fixture
async def deployment(api: Api) -> dict[str, Any]:
    await api.create_pool(concurrency_limit=1)
    found: dict[str, Any] = await api.create_deployment(work_pool_name="pool", enforce_parameter_schema=False)
    return found


def ids(claimed: list[dict[str, Any]]) -> list[str]:
    return [one["flow_run"]["id"] for one in claimed]


async def test_a_run_that_comes_is_given_at_once(api: Api, deployment: dict[str, Any]) -> None:
    claim = await waits(api.claim(wait_seconds=LONG))
    run_id = await schedule(api, deployment)
    claimed = await answer_of(claim)
    assert ids(claimed) == [run_id]
    assert 0.2 < claimed[0]["waited_seconds"] < LONG


async def test_the_time_of_a_run_comes(api: Api, deployment: dict[str, Any]) -> None:
    run_id = await schedule(api, deployment, seconds=1.5)
    claim = await waits(api.claim(wait_seconds=LONG))
    assert ids(await answer_of(claim)) == [run_id]


@pytest.mark.parametrize("path", ["claim", "get_scheduled_flow_runs"])
@pytest.mark.parametrize("comes_first", [True, False])
async def test_the_time_of_a_run_comes_between_looking_and_looking_ahead(
    api: Api, deployment: dict[str, Any], monkeypatch: pytest.MonkeyPatch, path: str, comes_first: bool
) -> None:
    """What was not due when one looked, and not to come any more when one looked ahead."""
    looking = api.app.state.db.looking_context

    @asynccontextmanager
    async def late(**options: Any) -> AsyncIterator[Any]:
        await asyncio.sleep(1.2)
        async with looking(**options) as session:
            yield session

    monkeypatch.setattr(api.app.state.db, "looking_context", late)
    if comes_first:
        run_id = await schedule(api, deployment, seconds=1.0)
    body = (
        {"wait_seconds": LONG, "worker_name": "w"}
        if path == "claim"
        else {"scheduled_before": iso(utc_now())}
    )
    asked = await waits(api.post(f"work_pools/pool/{path}", body, **POLLS))
    if not comes_first:
        await asyncio.sleep(1.5)
        run_id = await schedule(api, deployment, seconds=0.3)
    assert ids(await answer_of(asked)) == [run_id]


async def test_another_server_wakes_those_who_wait(
    api: Api, deployment: dict[str, Any], database_url: str
) -> None:
    """On PostgreSQL it calls; servers of one SQLite file look every now and then."""
    calls = database_url.startswith("postgresql")
    recheck = 60.0 if calls else 0.5
    settings = ServerSettings(database_url=database_url, dispatch_recheck_seconds=recheck, **WITHOUT_LOOPS)
    async with running(create_app(settings)) as app:
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url=BASE_URL) as client:
            other = Api(app=app, client=client, db=api.db)
            claim = await waits(other.claim(wait_seconds=LONG))
            run_id = await schedule(api, deployment)
            assert ids(await answer_of(claim)) == [run_id]


async def test_a_slot_that_is_freed_goes_to_who_waits(api: Api, deployment: dict[str, Any]) -> None:
    first = await schedule(api, deployment)
    second = await schedule(api, deployment)
    assert ids(await api.claim()) == [first]
    claim = await waits(api.claim(wait_seconds=LONG))
    await api.propose(first, "COMPLETED")
    assert ids(await answer_of(claim)) == [second]


@pytest.mark.parametrize("place", ["work_pools/pool", "work_pools/pool/queues/default"])
@pytest.mark.parametrize(
    ("closed", "opened"),
    [({"is_paused": True}, {"is_paused": False}), ({"concurrency_limit": 0}, {"concurrency_limit": 1})],
)
async def test_what_is_opened_gives_to_who_waits(
    api: Api, deployment: dict[str, Any], place: str, closed: dict[str, Any], opened: dict[str, Any]
) -> None:
    await api.patch(place, closed)
    run_id = await schedule(api, deployment)
    claim = await waits(api.claim(wait_seconds=LONG))
    await api.patch(place, opened)
    assert ids(await answer_of(claim)) == [run_id]


async def test_a_worker_that_drains_does_not_keep_others_from_runs(
    api: Api, deployment: dict[str, Any]
) -> None:
    for worker in ("draining", "other"):
        await api.heartbeat(worker)
    await api.post("work_pools/pool/workers/draining/drain")
    draining = await waits(api.claim(worker="draining", wait_seconds=LONG))
    other = await waits(api.claim(worker="other", wait_seconds=LONG))
    first = await schedule(api, deployment)
    assert ids(await answer_of(other)) == [first]
    await api.propose(first, "COMPLETED")
    second = await schedule(api, deployment)
    await asyncio.sleep(0.3)
    assert not draining.done()
    await api.post("work_pools/pool/workers/draining/resume")
    assert ids(await answer_of(draining)) == [second]


async def test_many_who_wait_are_given_each_run_once(api: Api, deployment: dict[str, Any]) -> None:
    await api.patch("work_pools/pool", {"concurrency_limit": None})
    claims = [asyncio.ensure_future(api.claim(worker=f"w{n}", wait_seconds=3, limit=1)) for n in range(6)]
    await asyncio.sleep(0.3)
    runs = [await schedule(api, deployment) for _ in range(4)]
    given = [ids(await claim) for claim in claims]
    assert sorted(run_id for one in given for run_id in one) == sorted(runs)


async def test_nothing_comes(api: Api, deployment: dict[str, Any]) -> None:
    await schedule(api, deployment, hours=1)
    assert await api.claim(wait_seconds=0.5) == []
    assert await api.claim(wait_seconds=0) == []
    await api.send("POST", "work_pools/pool/claim", {"worker_name": "w", "wait_seconds": 31}, expect=422)


async def test_a_server_that_stops_lets_nobody_wait(api: Api, deployment: dict[str, Any]) -> None:
    claim = await waits(api.claim(wait_seconds=LONG))
    api.app.state.waiting_room.close()
    assert await answer_of(claim) == []


async def test_polls_of_workers_are_held_and_no_others(api: Api, deployment: dict[str, Any]) -> None:
    path, body = "work_pools/pool/get_scheduled_flow_runs", {"scheduled_before": iso(utc_now())}
    assert await api.post(path, body) == []
    poll = await waits(api.post(path, body, **POLLS))
    run_id = await schedule(api, deployment)
    assert ids(await answer_of(poll)) == [run_id]


async def test_a_held_poll_shows_what_its_window_reaches(api: Api, deployment: dict[str, Any]) -> None:
    """A Prefect worker asks for runs of the next ten seconds: one of in twelve is shown in two."""
    run_id = await schedule(api, deployment, seconds=11.5)
    body = {"scheduled_before": iso(utc_now() + timedelta(seconds=10))}
    poll = await waits(api.post("work_pools/pool/get_scheduled_flow_runs", body, **POLLS))
    assert ids(await answer_of(poll)) == [run_id]


async def test_what_nobody_hears_of_stays_where_it_was(api: Api, deployment: dict[str, Any]) -> None:
    """The worker is gone when its claim comes through: the run goes to the next, without a loss of time."""
    gone = asyncio.Event()
    request = asyncio.ensure_future(claim_until(api.app, gone))
    await asyncio.sleep(0.3)
    gone.set()
    run_id = await schedule(api, deployment)
    assert await answer_of(request) == []
    again = await api.claim(worker="next")
    assert ids(again) == [run_id]


async def claim_until(app: FastAPI, gone: asyncio.Event) -> Any:
    """Claim over a connection that is lost when ``gone`` is set."""
    body = json.dumps({"worker_name": f"w-{uuid4()}", "wait_seconds": LONG}).encode()
    parts = iter([{"type": "http.request", "body": body, "more_body": False}])
    sent: list[Any] = []

    async def receive() -> Any:
        for part in parts:
            return part
        await gone.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    url = httpx.URL(BASE_URL).join("work_pools/pool/claim")
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": url.path,
        "raw_path": url.raw_path,
        "query_string": b"",
        "root_path": "",
        "headers": [(b"host", b"test"), (b"content-type", b"application/json")],
        "server": ("test", 80),
        "client": ("127.0.0.1", 1),
    }
    await app(scope, receive, send)
    return json.loads(b"".join(message.get("body", b"") for message in sent))
