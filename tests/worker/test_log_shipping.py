"""Lines on their way to the server."""

import asyncio
from uuid import uuid4

import pytest

from penstock.worker import logs
from penstock.worker.contact import ServerContact
from penstock.worker.logs import LogShipper


@pytest.fixture
async def shipper(client):
    shipper = LogShipper(client, ServerContact(), batch_seconds=0.02, give_up=asyncio.Event())
    task = asyncio.create_task(shipper.run())
    yield shipper
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_timestamps_rise(server, shipper):
    log = shipper.open(uuid4())
    for number in range(500):
        await log.write("stdout", 20, str(number))
    await log.flush()
    stamps = [line.timestamp for line in server.logs]
    assert stamps == sorted(set(stamps))
    assert [line.message for line in server.logs] == [str(number) for number in range(500)]


async def test_runs_take_turns(server, shipper):
    loud, quiet = shipper.open(uuid4()), shipper.open(uuid4())
    for number in range(logs.RUN_LINES):
        await loud.write("stdout", 20, str(number))
    await quiet.write("stdout", 20, "me too")
    await quiet.flush()
    assert len(server.logs) < logs.RUN_LINES
    await loud.flush()
    assert len(server.logs) == logs.RUN_LINES + 1


async def test_a_line_the_server_refuses_does_not_take_others_with_it(server, shipper):
    server.refuse = lambda request: (422, {"detail": "bad line"}) if b"poison" in request.content else None
    log = shipper.open(uuid4())
    for word in ("a", "b", "poison", "c"):
        await log.write("stdout", 20, word)
    await log.flush()
    assert sorted(line.message for line in server.logs) == ["a", "b", "c"]


async def test_a_full_buffer_waits_for_the_server(server, shipper, monkeypatch):
    monkeypatch.setattr(logs, "RUN_LINES", 3)
    server.is_away = True
    log = shipper.open(uuid4())

    async def write_all():
        for number in range(10):
            await log.write("stdout", 20, str(number))

    writing = asyncio.create_task(write_all())
    await server.until(lambda: server.calls["while away"] >= 3)
    assert not writing.done()
    server.is_away = False
    await writing
    await log.flush()
    assert server.lines(log.flow_run_id) == [str(number) for number in range(10)]


async def test_a_long_outage_leaves_a_note_where_lines_are_missing(server, shipper, monkeypatch):
    monkeypatch.setattr(logs, "RUN_LINES", 3)
    monkeypatch.setattr(logs, "OUTAGE_PATIENCE_SECONDS", 0.0)
    server.is_away = True
    log = shipper.open(uuid4())
    await log.write("stdout", 20, "0")
    await server.until(lambda: server.calls["while away"] >= 2)
    for number in range(1, 10):
        await log.write("stdout", 20, str(number))
    server.is_away = False
    await log.flush()
    await log.write("stdout", 20, "after")
    await log.flush()
    assert server.lines(log.flow_run_id) == [
        "0",
        "1",
        "2",
        "7 lines are missing here: the server did not answer.",
        "after",
    ]


async def test_giving_up_ends_every_wait(server, client):
    give_up = asyncio.Event()
    shipper = LogShipper(client, ServerContact(), batch_seconds=0.02, give_up=give_up)
    server.is_away = True
    task = asyncio.create_task(shipper.run())
    log = shipper.open(uuid4())
    await log.write("stdout", 20, "lost")
    flushing = asyncio.create_task(log.flush())
    await server.until(lambda: server.calls["while away"] >= 2)
    give_up.set()
    async with asyncio.timeout(5):
        await flushing
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
