"""Fixtures of the worker channel's tests."""

from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI

from penstock.server.database import DBInterface
from tests.api.driver import Api
from tests.support.sockets import listening


@pytest.fixture
def api(app: FastAPI, client: httpx.AsyncClient, db: DBInterface) -> Api:
    """What tests say to a running server over HTTP."""
    return Api(app=app, client=client, db=app.state.db)


@pytest.fixture
async def address(app: FastAPI) -> AsyncIterator[str]:
    """The address of the server's sockets."""
    async with listening(app) as address:
        yield address
