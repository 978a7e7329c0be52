"""A server may leave the loops to the other servers of its database."""

import asyncio

import pytest

from penstock.server.app import create_app
from penstock.settings import ServerSettings
from tests.support.server import running

LOOPS = {
    "CancellationCleanup",
    "CleanupLeases",
    "EventRetention",
    "LateRuns",
    "LeaseReaper",
    "Liveness",
    "PauseExpirations",
    "Scheduler",
}


@pytest.mark.parametrize("enabled", [True, False])
async def test_loops_run_where_services_are_enabled(database_url: str, enabled: bool) -> None:
    settings = ServerSettings(database_url=database_url, services_enabled=enabled)
    async with running(create_app(settings)):
        names = {task.get_name() for task in asyncio.all_tasks()}
    assert names & LOOPS == (LOOPS if enabled else set())
