"""The servers that the requests are sent to: one on each database that the run is about."""

import asyncio
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import httpx
import pytest

from penstock.server.app import create_app
from penstock.server.database import DBInterface
from penstock.settings import ServerSettings
from tests.fuzz.servers import Server, Servers
from tests.support.databases import empty, migrated_database
from tests.support.server import WITHOUT_LOOPS, running


async def _start(stack: AsyncExitStack, kind: str, url: str) -> Server:
    if kind == "postgresql":
        db = DBInterface(url)
        await empty(db)
        await db.dispose()
    app = create_app(ServerSettings(database_url=url, **WITHOUT_LOOPS))
    await stack.enter_async_context(running(app))
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    client = await stack.enter_async_context(httpx.AsyncClient(transport=transport))
    return Server(kind=kind, app=app, client=client)


@pytest.fixture
def servers(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Servers]:
    """Started servers on empty databases."""
    kinds = request.config.getoption("database")
    urls = {kind: migrated_database(kind, request, tmp_path) for kind in kinds}
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        try:
            each = [runner.run(_start(stack, kind, url)) for kind, url in urls.items()]
            yield Servers(runner=runner, each=each)
        finally:
            runner.run(stack.aclose())


@pytest.fixture
def is_long(request: pytest.FixtureRequest) -> bool:
    """Whether this is the long form, ``make fuzz``."""
    return bool(request.config.getoption("long_fuzz"))
