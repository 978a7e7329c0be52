"""The sockets of events and logs, as unmodified clients use them."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy.exc import OperationalError
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from penstock.core.clock import utc_now
from penstock.schemas.core import Event
from penstock.schemas.states import Cancelling, Running
from penstock.server.database import DBInterface
from penstock.server.models import events as event_models
from penstock.server.models import task_runs
from tests.support.events import make_event, related_to, report, rolled_back, task_run_event, within
from tests.support.factories import make_pool, make_run, propose
from tests.support.sockets import (
    PREFECT,
    listening,
    prefect_socket,
    receive,
    receive_names,
    send,
    subscribed,
)


@pytest.fixture
async def address(app: FastAPI) -> AsyncIterator[str]:
    async with listening(app) as address:
        yield address


def wire(event: Event, **changes: Any) -> str:
    return json.dumps(event.model_dump(mode="json") | changes)


async def stored(client: httpx.AsyncClient) -> list[str]:
    page = (await client.post("events/filter", json={"filter": {"order": "ASC"}})).json()
    return [one["event"] for one in page["events"]]


async def closed(connection: Any) -> tuple[int, str]:
    with pytest.raises(ConnectionClosed) as caught:
        await within(10, connection.recv())
    assert caught.value.rcvd is not None
    return caught.value.rcvd.code, caught.value.rcvd.reason


async def test_events_are_taken_in_and_a_ping_says_so(address: str, client: httpx.AsyncClient) -> None:
    events = [make_event(f"e{number:03}") for number in range(300)]
    async with prefect_socket(address, "events/in") as connection:
        await send(connection, *map(wire, events))
        await within(20, await connection.ping())

        page = (await client.post("events/filter", json={"limit": 0})).json()
    assert page["total"] == 300


async def test_each_ping_waits_for_what_was_sent_before_it_only(
    app: FastAPI, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    may_write, written = asyncio.Event(), app.state.event_intake._write

    async def slow_write(events: list[Event]) -> None:
        await may_write.wait()
        await written(events)

    monkeypatch.setattr(app.state.event_intake, "_write", slow_write)
    async with prefect_socket(address, "events/in") as connection:
        await within(10, await connection.ping())
        await send(connection, wire(make_event()))
        pong = await connection.ping()
        with pytest.raises(TimeoutError):
            await within(0.3, asyncio.shield(pong))
        may_write.set()
        await within(10, pong)


async def test_events_that_are_sent_again_are_stored_once(address: str, client: httpx.AsyncClient) -> None:
    event = make_event("once")
    for _ in range(2):
        async with prefect_socket(address, "events/in") as connection:
            await send(connection, wire(event), wire(event))
            await within(10, await connection.ping())

    assert await stored(client) == ["once"]


async def test_what_cannot_be_read_is_dropped_and_the_connection_stays(
    address: str, client: httpx.AsyncClient
) -> None:
    async with prefect_socket(address, "events/in") as connection:
        await send(
            connection,
            "no json",
            "[]",
            "{}",
            b"\xff",
            wire(make_event(), resource={}),
            wire(make_event(), payload={"x": "\x00"}),
            wire(make_event(payload={"x": "y" * 1_600_000})),
            wire(make_event("good")),
        )
        await within(10, await connection.ping())

    assert await stored(client) == ["good"]


async def test_task_runs_appear_as_they_are_reported(address: str, db: DBInterface) -> None:
    async with db.session_context(begin_transaction=True) as session:
        run = await make_run(session)
    task_run_id, now = uuid4(), utc_now()
    async with prefect_socket(address, "events/in") as connection:
        for number, state in enumerate(("Pending", "Running", "Completed")):
            event = task_run_event(
                state, flow_run_id=run.id, task_run_id=task_run_id, occurred=now + timedelta(seconds=number)
            )
            await send(connection, wire(event))
        await within(10, await connection.ping())

    async with db.session_context() as session:
        row = await task_runs.read_task_run(session=session, task_run_id=task_run_id)
    assert row is not None
    assert row.state_name == "Completed"


async def test_live_events_follow_the_backfill_and_none_comes_twice(address: str, db: DBInterface) -> None:
    now = utc_now()
    await report(
        db,
        make_event("too-old", occurred=now - timedelta(minutes=16)),
        make_event("second", occurred=now - timedelta(minutes=1)),
        make_event("first", occurred=now - timedelta(minutes=2)),
    )
    async with subscribed(address) as connection:
        assert await receive_names(connection, 2) == ["first", "second"]
        await report(db, make_event("third"))

        assert await receive_names(connection, 1) == ["third"]


async def test_a_backfill_of_many_pages(address: str, db: DBInterface) -> None:
    now = utc_now()
    events = [make_event(f"e{n:03}", occurred=now - timedelta(seconds=600 - n)) for n in range(501)]
    await report(db, *events)
    async with subscribed(address) as connection:
        assert await receive_names(connection, 501) == [event.event for event in events]


async def test_without_backfill_only_live_events_come(address: str, db: DBInterface) -> None:
    await report(db, make_event("before"))
    async with subscribed(address, backfill=False) as connection:
        await asyncio.sleep(0.2)
        await report(db, make_event("after"))

        assert await receive_names(connection, 1) == ["after"]


async def test_a_worker_hears_of_a_cancel_in_its_pool(address: str, db: DBInterface) -> None:
    async with db.session_context(begin_transaction=True) as session:
        pool, other = await make_pool(session), await make_pool(session)
        ours = await make_run(session, await session.get(db.WorkQueue, pool.default_queue_id), Running())
        theirs = await make_run(session, await session.get(db.WorkQueue, other.default_queue_id), Running())
    asked = {
        "occurred": {
            "since": (utc_now() - timedelta(minutes=1)).isoformat(),
            "until": (utc_now() + timedelta(days=365)).isoformat(),
        },
        "event": {"name": ["prefect.flow-run.Cancelling"]},
        "any_resource": {"id": [f"prefect.work-pool.{pool.id}"]},
        "related": None,
        "order": "DESC",
    }
    async with subscribed(address, asked) as connection:
        async with db.session_context(begin_transaction=True) as session:
            await propose(session, theirs, Cancelling())
            await propose(session, ours, Cancelling())

        frame = await receive(connection)

    assert frame["event"]["resource"]["prefect.resource.id"] == f"prefect.flow-run.{ours.id}"


async def test_log_lines_come_live(address: str, client: httpx.AsyncClient) -> None:
    run = str(uuid4())
    line = {"name": "log", "level": 20, "timestamp": utc_now().isoformat()}
    async with subscribed(
        address, {"flow_run_id": {"any_": [run]}, "level": {"ge_": 20}}, "logs/out"
    ) as connection:
        await asyncio.sleep(0.2)
        await client.post(
            "logs/",
            json=[
                line | {"message": "other", "flow_run_id": str(uuid4())},
                line | {"message": "quiet", "level": 10, "flow_run_id": run},
                line | {"message": "hello", "flow_run_id": run},
            ],
        )
        frame = await receive(connection)

    assert frame["type"] == "log"
    assert (frame["log"]["message"], frame["log"]["flow_run_id"]) == ("hello", run)
    assert {"id", "created", "updated", "name", "level", "timestamp", "task_run_id"} < frame["log"].keys()


@pytest.mark.parametrize("path", ["events/in", "events/out", "logs/out"])
async def test_who_does_not_authenticate_is_sent_away(address: str, path: str) -> None:
    async with connect(f"{address}/{path}", subprotocols=[PREFECT]) as connection:
        await send(connection, {"type": "hello"})

        assert (await closed(connection))[0] == 1008


async def test_a_token_is_asked_for_where_one_is_set(app: FastAPI, address: str) -> None:
    app.state.api_auth_string = "admin:pass"
    for token in (None, "admin:wrong", 7):
        async with connect(f"{address}/events/in", subprotocols=[PREFECT]) as connection:
            await send(connection, {"type": "auth", "token": token})
            assert (await closed(connection))[0] == 1008
    async with connect(f"{address}/events/in") as connection:
        assert (await closed(connection))[0] == 1002
    async with prefect_socket(address, "events/in", token="admin:pass"):
        pass


async def test_without_the_subprotocol_no_handshake_is_needed(
    address: str, client: httpx.AsyncClient
) -> None:
    async with connect(f"{address}/events/in") as connection:
        await send(connection, wire(make_event("plain")))
        await within(10, await connection.ping())

    assert await stored(client) == ["plain"]


@pytest.mark.parametrize(
    "frame",
    [
        "no json",
        "[]",
        {"type": "auth"},
        {"type": "filter", "filter": {"unknown": 1}},
        {"type": "filter", "filter": 7},
    ],
)
async def test_a_wrong_filter_ends_the_connection(address: str, frame: Any) -> None:
    async with prefect_socket(address, "events/out") as connection:
        await send(connection, frame)
        code, reason = await closed(connection)

    assert code == 1002
    assert reason


async def test_who_comes_while_the_database_fails_is_asked_to_come_back(
    app: FastAPI, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object) -> None:
        raise OperationalError("SELECT", {}, Exception("gone"))

    monkeypatch.setattr(app.state.event_relay, "_ensure_running", broken)
    async with subscribed(address) as connection:
        assert (await closed(connection))[0] == 1011


async def test_a_client_that_goes_leaves_no_subscription(app: FastAPI, address: str) -> None:
    async with subscribed(address), subscribed(address, path="logs/out"):
        async with asyncio.timeout(10):
            while not (app.state.event_relay._subscribers and app.state.log_relay._subscribers):
                await asyncio.sleep(0.01)
    async with asyncio.timeout(10):
        while app.state.event_relay._subscribers or app.state.log_relay._subscribers:
            await asyncio.sleep(0.01)


async def test_nothing_is_heard_of_what_was_rolled_back(address: str, db: DBInterface) -> None:
    async with subscribed(address) as connection:
        async with rolled_back(db) as session:
            await event_models.create_events(session=session, events=[make_event("never")])
        await report(db, make_event("after", related=[related_to("x")]))

        assert await receive_names(connection, 1) == ["after"]
