"""Each kind of error has one status and one body (orchestration.md 0.6)."""

import sqlite3
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import httpx
import pytest
import sqlalchemy as sa
from fastapi import FastAPI
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from penstock.core import errors
from penstock.server.api.errors import install_error_handlers
from penstock.server.app import create_app
from penstock.server.database import DBInterface
from penstock.settings import ServerSettings
from tests.api.driver import Api

RUN_ID = UUID(int=7)


class Original(Exception):
    """An error of a driver."""

    def __init__(self, says: str = "driver says no", **facts: Any) -> None:
        super().__init__(says)
        self.__dict__.update(facts)


def raised(kind: type[DBAPIError], **facts: Any) -> DBAPIError:
    return kind("SELECT 1", None, Original(**facts))


CASES = [
    (errors.ObjectNotFoundError("Flow run", RUN_ID), 404, f"Flow run with id {RUN_ID} not found."),
    (errors.ObjectNotFoundError("Work pool", "p"), 404, "Work pool 'p' not found."),
    (errors.AlreadyExistsError("Work pool", "p"), 409, "Work pool 'p' already exists."),
    (errors.ConflictError("It is in use."), 409, "It is in use."),
    (errors.InvalidInputError("name", "too long"), 422, "name: too long"),
    (errors.ForbiddenError("It is reserved."), 403, "It is reserved."),
    (errors.UnavailableError("The database", 7), 503, "again"),
    (PoolTimeoutError("queue full"), 503, "again"),
    (ConnectionRefusedError("no"), 503, "again"),
    (TimeoutError("slow"), 503, "again"),
    (raised(OperationalError, sqlite_errorname="SQLITE_BUSY"), 503, "again"),
    (raised(OperationalError, sqlite_errorname="SQLITE_LOCKED_SHAREDCACHE"), 503, "again"),
    (raised(DBAPIError, sqlstate="40P01"), 503, "again"),
    (raised(DBAPIError, sqlstate="40001"), 503, "again"),
    (raised(DBAPIError, sqlstate="55P03"), 503, "again"),
    (raised(DBAPIError, sqlstate="57P01"), 503, "again"),
    (raised(DBAPIError, sqlstate="08006"), 503, "again"),
    (raised(IntegrityError), 409, "does not fit"),
    (raised(DataError), 422, "cannot be stored"),
    (raised(DBAPIError, sqlstate="22003"), 422, "cannot be stored"),
    (raised(DBAPIError, sqlstate="54000"), 422, "too large"),
    (
        raised(OperationalError, sqlite_errorname="SQLITE_ERROR", says="too many SQL variables"),
        422,
        "too large",
    ),
    (raised(InterfaceError, says="the number of query arguments cannot exceed 32767"), 422, "too large"),
    (raised(InterfaceError), 503, "again"),
    (raised(OperationalError, sqlite_errorname="SQLITE_ERROR"), 500, "Internal Server Error"),
    (raised(DBAPIError, sqlstate="42601"), 500, "Internal Server Error"),
    (OverflowError("secret: date value out of range"), 422, "too far out"),
    (ValueError("secret detail"), 500, "Internal Server Error"),
]


@pytest.mark.parametrize(("error", "status", "words"), CASES, ids=lambda case: str(case)[:40])
async def test_an_error_is_answered(error: Exception, status: int, words: str) -> None:
    app = FastAPI()
    install_error_handlers(app)

    @app.get("/")
    async def fail() -> None:
        raise error

    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        response = await client.get("/")

    assert response.status_code == status
    [(key, text)] = response.json().items()
    assert words in text
    assert key == ("exception_message" if status in {404, 500, 503} else "detail")
    if status == 503:
        assert int(response.headers["retry-after"]) >= 1
    assert "secret" not in response.text


@pytest.mark.only_on("postgresql", reason="there is no connection to lose on SQLite")
async def test_a_lost_connection_is_told_as_trouble_and_then_made_anew(api: Api) -> None:
    await api.create_pool()
    statement = sa.text(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    async with api.db.session() as session:
        await session.execute(statement)

    statuses = [(await api.send("GET", "work_pools/pool")).status_code for _ in range(20)]

    assert set(statuses) <= {200, 503}
    assert statuses[-1] == 200


@pytest.mark.only_on("sqlite", reason="PostgreSQL has no lock on the whole database")
class TestALockedFile:
    """Somebody else holds the only lock there is."""

    @pytest.fixture
    async def client(
        self, db: DBInterface, database_url: str, monkeypatch: pytest.MonkeyPatch
    ) -> AsyncIterator[httpx.AsyncClient]:
        """A client of an app, not started, that waits for a lock only for a moment."""
        monkeypatch.setattr("penstock.server.database.dialects.sqlite.BUSY_TIMEOUT_SECONDS", 0.05)
        app = create_app(ServerSettings(database_url=database_url))
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://test/api/") as client:
            yield client
        await app.state.db.dispose()

    async def test_is_told_as_trouble(self, client: httpx.AsyncClient, database_url: str) -> None:
        other = sqlite3.connect(database_url.removeprefix("sqlite+aiosqlite:///"), isolation_level=None)
        body = {"name": "pool", "type": "process"}
        other.execute("BEGIN IMMEDIATE")

        locked = await client.post("work_pools/", json=body)
        read = await client.post("work_pools/filter")
        other.execute("ROLLBACK")
        other.close()
        free = await client.post("work_pools/", json=body)

        assert (locked.status_code, read.status_code, free.status_code) == (503, 200, 201)
        assert int(locked.headers["retry-after"]) >= 1
