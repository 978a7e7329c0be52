"""The list of the servers of a database: who is alive, who was killed, who has left."""

import asyncio
import os
import signal
from collections.abc import Callable
from typing import Any

import httpx

from penstock import __version__
from penstock.server.app import create_app
from penstock.settings import ServerSettings
from tests.support.server import WITHOUT_LOOPS, running
from tests.support.servers import running_server

OFTEN = {"PENSTOCK_SERVER_RECORD_SECONDS": "0.2"}
Servers = list[dict[str, Any]]


async def until(address: str, holds: Callable[[Servers], bool]) -> Servers:
    """Return the servers that ``address`` knows, once that holds for them."""
    async with httpx.AsyncClient() as client, asyncio.timeout(20):
        while not holds(known := (await client.get(f"{address}/api/admin/servers")).json()):
            await asyncio.sleep(0.05)
    return known


async def own_entry(address: str) -> dict[str, Any]:
    async with httpx.AsyncClient() as client:
        answer: dict[str, Any] = (await client.get(f"{address}/api/admin/server")).json()
    return answer


async def test_every_server_is_listed_by_every_server(database_url: str) -> None:
    async with running_server(database_url, processes=2, settings=OFTEN) as servers:
        entries = [await own_entry(address) for address in servers]
        for address in servers:
            known = await until(address, lambda known: len(known) == 2)
            assert [one["id"] for one in known] == [one["id"] for one in entries]
            for listed, entry in zip(known, entries, strict=True):
                for fact in ("host", "process_id", "started_at", "version"):
                    assert listed[fact] == entry[fact]
                assert listed["version"] == __version__
                assert listed["is_alive"] is True


async def test_it_is_told_what_runs_in_a_server_and_how_that_fares(database_url: str) -> None:
    settings = OFTEN | {"PENSTOCK_LATE_RUNS_ENABLED": "false", "PENSTOCK_LIVENESS_LOOP_SECONDS": "7"}

    def is_told(known: Servers) -> bool:
        return any(one["last_started_at"] for server in known for one in server["services"])

    async with running_server(database_url, settings=settings) as (address,):
        [listed] = await until(address, is_told)
        services = {one["name"]: one for one in listed["services"]}
        assert list(services) == sorted(services)
        assert services["LateRuns"]["is_enabled"] is False
        assert services["LateRuns"]["last_started_at"] is None
        assert services["Liveness"]["is_enabled"] is True
        assert services["Liveness"]["interval_seconds"] == 7
        assert services["Liveness"]["last_error"] is None


async def test_a_killed_server_is_not_alive_and_forgotten_in_time(database_url: str) -> None:
    settings = OFTEN | {"PENSTOCK_SERVER_RETENTION_SECONDS": "4"}
    async with running_server(database_url, processes=2, settings=settings) as (first, second):
        await until(first, lambda known: len(known) == 2)
        victim = await own_entry(second)
        os.kill(victim["process_id"], signal.SIGKILL)

        known = await until(first, lambda known: [one["is_alive"] for one in known] == [True, False])
        assert known[1]["id"] == victim["id"]
        assert known[1]["last_seen"] < known[0]["last_seen"]

        [left] = await until(first, lambda known: len(known) == 1)
        assert left["is_alive"] is True
        assert left["id"] != victim["id"]


async def test_a_server_that_stops_takes_itself_off_the_list(database_url: str) -> None:
    async with running_server(database_url, settings=OFTEN) as (first,):
        async with running_server(database_url, settings=OFTEN) as (second,):
            await until(first, lambda known: len(known) == 2)
            leaving = await own_entry(second)
        [left] = await until(first, lambda known: len(known) == 1)
        assert left["id"] != leaving["id"]


async def test_a_server_without_loops_is_listed_too(database_url: str) -> None:
    app = create_app(ServerSettings(database_url=database_url, server_record_seconds=0.05, **WITHOUT_LOOPS))
    async with running(app):
        transport = httpx.ASGITransport(app=app)
        async with (
            httpx.AsyncClient(transport=transport, base_url="http://test/api/") as client,
            asyncio.timeout(10),
        ):
            while not (known := (await client.get("admin/servers")).json()):
                await asyncio.sleep(0.02)
    [listed] = known
    assert [one["name"] for one in listed["services"] if one["is_enabled"]] == ["Presence"]
