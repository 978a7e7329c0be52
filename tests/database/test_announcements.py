"""Announcements: listeners are called when a transaction is over, also those of other servers."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from penstock.server.database import DBInterface
from penstock.server.database.announcements import EVENTS, LOGS, announce
from tests.support.events import make_event, report, within


@pytest.fixture
async def other_server(database_url: str, db: DBInterface) -> AsyncIterator[DBInterface]:
    other = DBInterface(database_url)
    db.announcements.start()
    other.announcements.start()
    yield other
    await other.announcements.stop()
    await db.announcements.stop()
    await other.dispose()


async def test_a_listener_is_called_after_the_commit(db: DBInterface) -> None:
    called = asyncio.Event()
    db.announcements.listen(EVENTS, called.set)
    async with db.session_context(begin_transaction=True) as session:
        announce(session, EVENTS)
        assert not called.is_set()

    assert called.is_set()
    db.announcements.forget(EVENTS, called.set)


async def test_only_the_topic_is_called_and_nobody_after_he_left(db: DBInterface) -> None:
    logs, left = asyncio.Event(), asyncio.Event()
    db.announcements.listen(LOGS, logs.set)
    db.announcements.listen(EVENTS, left.set)
    db.announcements.forget(EVENTS, left.set)

    await report(db, make_event())

    assert not logs.is_set()
    assert not left.is_set()
    db.announcements.forget(LOGS, logs.set)


async def test_a_session_that_is_used_again_announces_once_for_each_transaction(db: DBInterface) -> None:
    calls: list[int] = []
    listener = lambda: calls.append(1)  # noqa: E731
    db.announcements.listen(EVENTS, listener)
    async with db.session() as session:
        async with session.begin():
            announce(session, EVENTS)
            async with session.begin_nested():
                announce(session, EVENTS)
            assert calls == []
        assert calls == [1]
        async with session.begin():
            pass
    assert calls == [1]
    db.announcements.forget(EVENTS, listener)


@pytest.mark.only_on("postgresql", reason="SQLite servers do not call each other, they look now and then")
async def test_other_servers_are_called(db: DBInterface, other_server: DBInterface) -> None:
    called = asyncio.Event()
    other_server.announcements.listen(EVENTS, called.set)
    # The first call may come from connecting.
    await within(10, called.wait())
    called.clear()

    await report(db, make_event())

    await within(5, called.wait())


@pytest.mark.only_on("postgresql", reason="SQLite servers do not call each other")
async def test_a_lost_connection_is_made_anew(
    db: DBInterface, other_server: DBInterface, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("penstock.server.database.announcements.RECONNECT_SECONDS", 0.01)
    called = asyncio.Event()
    other_server.announcements.listen(EVENTS, called.set)
    await within(10, called.wait())
    called.clear()

    async with db.session_context(begin_transaction=True) as session:
        connection = await session.connection()
        await connection.exec_driver_sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name = 'penstock listener' AND datname = current_database()"
        )

    # Whoever comes back has everybody look, for what he may have missed.
    await within(10, called.wait())
