"""Fixtures of the services' tests."""

import httpx
import pytest
from fastapi import FastAPI

from penstock.server.database import DBInterface
from tests.api.driver import Api


@pytest.fixture
def api(app: FastAPI, client: httpx.AsyncClient, db: DBInterface) -> Api:
    """What tests say to a running server."""
    return Api(app=app, client=client, db=db)
