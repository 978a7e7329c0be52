"""Sessions and transactions, and what is said when there is no database (design, section 3)."""

import asyncio
import threading
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from penstock.core.clock import utc_now
from penstock.core.errors import InvalidInputError, UnavailableError
from penstock.schemas.states import Pending, Running
from penstock.server.database import DBInterface, provide_database_interface
from penstock.server.database.expressions import database_now, seconds_before_now
from penstock.server.database.orm_models import Flow, WorkPool
from penstock.server.models import flows, workers
from tests.support.factories import ago, make_flow, make_pool, make_queue, make_runs, propose, unique


async def pool_names(db: DBInterface) -> list[str]:
    async with db.session() as session:
        return [pool.name for pool in await workers.read_work_pools(session=session)]


# ── units of work ─────────────────────────────────────────────────────────────────────────────────


async def test_transaction_is_committed_at_the_end(db: DBInterface):
    async with db.session_context(begin_transaction=True) as session:
        await make_pool(session, "p")
    assert await pool_names(db) == ["p"]


async def test_error_rolls_everything_back(db: DBInterface):
    async def fail() -> None:
        async with db.session_context(begin_transaction=True) as session:
            await make_pool(session, "p")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    assert await pool_names(db) == []
    # the writers' turn is free again
    async with db.session_context(begin_transaction=True) as session:
        await make_pool(session, "q")
    assert await pool_names(db) == ["q"]


async def test_cancelled_work_is_rolled_back_and_gives_up_its_turn(db: DBInterface):
    begun = asyncio.Event()

    async def work() -> None:
        async with db.session_context(begin_transaction=True) as session:
            await make_pool(session, "p")
            begun.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(work())
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with db.session_context(begin_transaction=True) as session:
        await make_pool(session, "q")
    assert await pool_names(db) == ["q"]


async def test_reading_session_keeps_nothing(db: DBInterface):
    async with db.session_context() as session:
        await make_pool(session, "p")
    assert await pool_names(db) == []


async def test_reader_does_not_wait_for_a_writer_nor_see_its_work(db: DBInterface):
    async with db.session_context(begin_transaction=True) as session:
        await make_pool(session, "p")
        assert await pool_names(db) == []
    assert await pool_names(db) == ["p"]


async def test_plain_session_may_be_awaited_and_is_committed_by_its_user(db: DBInterface):
    session = await db.session()
    async with session:
        await make_pool(session, "p")
        await session.commit()
        await make_pool(session, "q")
        await session.rollback()
    assert await pool_names(db) == ["p"]


async def test_rows_are_of_use_after_the_commit(db: DBInterface):
    async with db.session_context(begin_transaction=True) as session:
        pool = await make_pool(session, "p")
    assert (pool.name, pool.type) == ("p", "process")


# ── writers ───────────────────────────────────────────────────────────────────────────────────────


async def test_fifty_writers_at_once_all_get_their_turn(db: DBInterface):
    async def write(number: int) -> None:
        async with db.session_context(begin_transaction=True) as session:
            await make_flow(session, f"flow {number}")

    await asyncio.gather(*(write(number) for number in range(50)))
    async with db.session() as session:
        assert await flows.count_flows(session=session) == 50


async def test_writers_that_wait_their_turn_keep_no_connection_from_readers(db: DBInterface):
    async def write(number: int) -> None:
        async with db.session_context(begin_transaction=True) as session:
            await make_flow(session, f"flow {number}")

    async with db.session_context(begin_transaction=True) as session:
        await make_pool(session, "p")
        waiting = [asyncio.create_task(write(number)) for number in range(40)]
        await asyncio.sleep(0)
        async with asyncio.timeout(15):
            assert await pool_names(db) == []
    await asyncio.gather(*waiting)


async def test_fifty_plain_sessions_may_write_at_once(db: DBInterface):
    """A session without a wish begins as its first statement asks, so a writer waits and never fails."""

    async def write(number: int) -> None:
        async with db.session() as session:
            session.add(Flow(name=f"flow {number}"))
            await session.commit()

    await asyncio.gather(*(write(number) for number in range(50)))
    async with db.session() as session:
        assert await flows.count_flows(session=session) == 50


async def test_plain_sessions_may_change_states_at_once(db: DBInterface, session: AsyncSession):
    """Their first statement reads, but for update: that has to begin a transaction that writes."""
    runs = await make_runs(session, await make_queue(session, await make_pool(session)), 12)
    await session.commit()

    async def start(run) -> None:
        async with db.session() as own:
            for state in (Pending(), Running()):
                assert (await propose(own, run, state)).status == "ACCEPT"
            await own.commit()

    await asyncio.gather(*(start(run) for run in runs))


async def test_two_interfaces_may_write_to_one_database(db: DBInterface, database_url: str):
    """As two servers do: what one process can't put in a queue, the database makes wait."""
    other = DBInterface(database_url)

    async def write(own: DBInterface) -> None:
        for _ in range(10):
            async with own.session_context(begin_transaction=True) as session:
                await make_flow(session, unique("flow"))

    await asyncio.gather(write(db), write(other), write(db), write(other))
    await other.dispose()
    async with db.session() as session:
        assert await flows.count_flows(session=session) == 40


# ── the clock ─────────────────────────────────────────────────────────────────────────────────────


async def test_database_tells_the_time(db: DBInterface, session: AsyncSession):
    before = utc_now()
    now, earlier = (
        await session.execute(sa.select(database_now(), seconds_before_now(sa.literal(90.5, sa.Float()))))
    ).one()
    assert ago(seconds=60) < before - (before - now) / 2
    assert abs((now - before).total_seconds()) < 30
    assert (now - earlier).total_seconds() == pytest.approx(90.5, abs=0.01)


async def test_time_without_a_zone_is_refused(session: AsyncSession):
    pool = WorkPool(name="p", type="process", last_transitioned_status_at=utc_now().replace(tzinfo=None))
    session.add(pool)
    with pytest.raises(sa.exc.StatementError, match="time zone"):
        await session.flush()


# ── no database ───────────────────────────────────────────────────────────────────────────────────


async def assert_unavailable(url: str, *words: str) -> None:
    """Starting and checking fail with a sentence that names the database, without its password."""
    db = DBInterface(url)
    for ask in (db.create_db, db.check):
        with pytest.raises(UnavailableError, match="is not available; try again") as caught:
            await ask()
        for word in words:
            assert word in str(caught.value)
        assert "secret" not in str(caught.value)
        assert "\n" not in str(caught.value)
    await db.dispose()
    # a failed connection leaves its thread to end by itself, for which it needs the loop
    for thread in threading.enumerate():
        if "_connection_worker_thread" in thread.name:
            await asyncio.to_thread(thread.join)


async def test_server_that_is_not_there():
    await assert_unavailable("postgresql+asyncpg://me:secret@127.0.0.1:1/none", "me:***@127.0.0.1:1/none")


async def test_file_in_a_folder_that_can_not_be(tmp_path: Path):
    (tmp_path / "file").write_text("")
    await assert_unavailable(f"sqlite+aiosqlite:///{tmp_path}/file/penstock.db", "file/penstock.db")


async def test_file_that_is_a_folder(tmp_path: Path):
    await assert_unavailable(f"sqlite+aiosqlite:///{tmp_path}", str(tmp_path))


async def test_file_that_is_no_database(tmp_path: Path):
    (tmp_path / "penstock.db").write_text("not a database, but long enough to be taken for one" * 100)
    await assert_unavailable(f"sqlite+aiosqlite:///{tmp_path}/penstock.db", "not a database")


async def test_folder_of_the_file_is_made(tmp_path: Path):
    db = DBInterface(f"sqlite+aiosqlite:///{tmp_path}/some/where/penstock.db")
    await db.create_db()
    await db.check()
    await db.dispose()
    assert (tmp_path / "some/where/penstock.db").exists()


@pytest.mark.parametrize(
    "url",
    [
        "sqlite+aiosqlite://",
        "sqlite+aiosqlite:///:memory:",
        "sqlite+aiosqlite:///file:x?mode=memory&cache=shared&uri=true",
    ],
)
def test_memory_is_refused(url: str):
    with pytest.raises(InvalidInputError, match="SQLite needs a file"):
        DBInterface(url)


@pytest.mark.parametrize(
    "url", ["mysql+aiomysql://u@h/d", "sqlite:///x.db", "postgresql://u@h/d", "postgresql+psycopg://u@h/d"]
)
def test_other_databases_are_refused(url: str):
    with pytest.raises(InvalidInputError, match="is not supported; use sqlite"):
        DBInterface(url)


def test_text_that_is_no_url_is_refused():
    with pytest.raises(InvalidInputError, match="database_url"):
        DBInterface("penstock.db")


# ── which database ────────────────────────────────────────────────────────────────────────────────


def test_environment_names_the_database(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("PENSTOCK_HOME", str(tmp_path))
    db = provide_database_interface()
    assert db.display_url == f"sqlite+aiosqlite:///{tmp_path}/penstock.db"
    assert provide_database_interface() is db
    monkeypatch.setenv("PENSTOCK_DATABASE_URL", "postgresql+asyncpg://u:secret@h/d")
    assert provide_database_interface().display_url == "postgresql+asyncpg://u:***@h/d"
