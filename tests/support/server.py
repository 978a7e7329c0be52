"""Fixtures for the whole server, in process: the app with its start and stop, and an HTTP client."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
from fastapi import FastAPI

from penstock.server.app import create_app
from penstock.server.database import DBInterface
from penstock.settings import ServerSettings

BASE_URL = "http://test/api/"

WITHOUT_LOOPS = {"services_enabled": False}
"""Tests call ``run_once`` of what they are about."""


@asynccontextmanager
async def running(app: FastAPI) -> AsyncIterator[FastAPI]:
    """Start the app and stop it at the end, both in one task as a server does."""
    started, stop = asyncio.Event(), asyncio.Event()

    async def live() -> None:
        async with app.router.lifespan_context(app):
            started.set()
            await stop.wait()

    life = asyncio.create_task(live())
    start = asyncio.create_task(started.wait())
    await asyncio.wait({life, start}, return_when=asyncio.FIRST_COMPLETED)
    start.cancel()
    if life.done():
        await life
    try:
        yield app
    finally:
        stop.set()
        await life


@pytest.fixture
async def app(db: DBInterface, database_url: str) -> AsyncIterator[FastAPI]:
    """The server's app on the database of ``db``, without the loops that change runs by themselves."""
    async with running(create_app(ServerSettings(database_url=database_url, **WITHOUT_LOOPS))) as app:
        yield app


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """An HTTP client of ``app``; paths are relative to ``/api/``: ``client.post("work_pools/")``."""
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url=BASE_URL) as client:
        yield client
