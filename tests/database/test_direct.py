"""Direct statements: the driver's shortest way, with the errors and the care of the long one."""

import asyncio
from collections import Counter
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from penstock.core.clock import utc_now
from penstock.core.ids import uuid7
from penstock.server.database import DBInterface, direct_connections
from penstock.server.database.dispatch import StartWindow
from penstock.server.database.expressions import database_now
from penstock.server.database.failures import is_transient
from penstock.server.database.orm_models import Flow, WorkPool
from penstock.server.database.plain import Statements
from penstock.server.database.types import JSON
from penstock.server.models.workers.dispatch import read_polled_runs
from penstock.server.models.workers.polled_runs import PolledRunSource
from tests.support.factories import make_flow, make_pool, make_queue, make_runs, unique

_NAME = sa.bindparam("name", type_=sa.Text())
POOLS = sa.select(WorkPool.id, WorkPool.created, WorkPool.base_job_template, WorkPool.description).where(
    WorkPool.name == _NAME
)

FLUSH_STATISTICS = sa.select(sa.func.pg_stat_force_next_flush(type_=sa.Text()))
READ_WITHOUT_INDEX = (
    sa.select(sa.column("seq_tup_read", sa.Integer()))
    .select_from(sa.table("pg_stat_user_tables", sa.column("relname")))
    .where(sa.column("relname", sa.Text()) == "flow_run")
)
CUT_OTHERS = sa.text(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
)
ECHO = sa.select(sa.bindparam("own", type_=sa.Uuid()))


def connections_in_use(db: DBInterface) -> int:
    return db._resources().direct.connections.in_use


@pytest.fixture(params=["direct", "of a session"])
async def statements(request: pytest.FixtureRequest, db: DBInterface):
    """Both ways in which plain statements are sent."""
    if request.param == "direct":
        async with db.direct_context() as direct:
            yield direct
    else:
        async with db.session_context() as session:
            yield db.statements_of(session)


async def test_rows_hold_what_objects_hold(db: DBInterface, session, statements: Statements):
    pool = await make_pool(session, unique("pool"), description="ü")
    await session.commit()
    (row,) = await statements.rows(POOLS, {"name": pool.name})
    assert list(row) == [pool.id, pool.created, pool.base_job_template, "ü"]
    assert list(await statements.rows(POOLS, {"name": "another"})) == []


async def test_a_refusal_is_the_one_that_sessions_raise(db: DBInterface, session):
    flow = await make_flow(session)
    await session.commit()
    twice = sa.insert(Flow.__table__).values(id=sa.bindparam("id", type_=sa.Uuid()), name=_NAME).inline()
    with pytest.raises(IntegrityError):
        async with db.direct_context() as direct:
            await direct.rows(twice, {"id": flow.id, "name": unique("flow")})
    async with db.direct_context() as direct:
        assert list(await direct.rows(POOLS, {"name": "another"})) == []


@pytest.mark.only_on("postgresql", reason="there is no connection to lose on SQLite")
async def test_lost_connections_are_told_once_and_not_used_again(db: DBInterface):
    async def read() -> None:
        async with db.direct_context() as direct:
            await direct.rows(POOLS, {"name": "any"})

    async with db.direct_context() as one, db.direct_context() as another:
        for direct in (one, another):
            await direct.rows(POOLS, {"name": "any"})
    async with db.session_context() as session:
        await session.execute(CUT_OTHERS)
    with pytest.raises(DBAPIError) as refused:
        await read()
    assert is_transient(refused.value)
    for _ in range(3):
        await read()
    assert connections_in_use(db) == 0


async def test_a_cancelled_statement_leaves_its_connection_in_order(db: DBInterface):
    """The next one to use it gets the answer to its own question."""

    async def read_for_ever() -> None:
        async with db.direct_context() as direct:
            while True:
                await direct.rows(POOLS, {"name": "any"})
                await asyncio.sleep(0)

    for pause in (0, 0.0005, 0.001, 0.002, 0.01):
        tasks = [asyncio.create_task(read_for_ever()) for _ in range(3)]
        await asyncio.sleep(pause)
        for task in tasks:
            task.cancel()
        assert all(
            isinstance(end, asyncio.CancelledError)
            for end in await asyncio.gather(*tasks, return_exceptions=True)
        )
        async with db.direct_context() as direct:
            mine = uuid7()
            assert [list(row) for row in await direct.rows(ECHO, {"own": mine})] == [[mine]]
    assert connections_in_use(db) == 0


async def test_few_connections_are_kept_from_the_pool_and_not_for_long(db: DBInterface, monkeypatch):
    async def read() -> None:
        async with db.direct_context() as direct:
            await direct.rows(POOLS, {"name": "any"})

    pool = db._resources().direct.connections._engine.pool
    await asyncio.gather(*(read() for _ in range(8)))
    assert 0 < pool.checkedout() <= direct_connections.MOST_KEPT
    assert connections_in_use(db) == 0
    monkeypatch.setattr(direct_connections, "LONGEST_KEPT_SECONDS", 0.0)
    for _ in range(direct_connections.MOST_KEPT):
        await read()
    assert pool.checkedout() == 0


async def open_all(db: DBInterface) -> None:
    """Let nobody wait for a connection that is only being opened."""
    all_open = asyncio.Barrier(direct_connections.MOST_IN_USE)

    async def hold() -> None:
        async with db.direct_context():
            await all_open.wait()

    await asyncio.gather(*(hold() for _ in range(direct_connections.MOST_IN_USE)))


@pytest.mark.parametrize("way", [DBInterface.direct_context, DBInterface.direct_transaction])
async def test_who_waits_for_a_connection_gets_one_in_his_turn(db: DBInterface, way):
    """Nobody is passed over, however many there are."""
    people, done = 3 * direct_connections.MOST_IN_USE, Counter[int]()
    await open_all(db)

    async def work(number: int) -> None:
        while done.total() < 10 * people:
            async with way(db) as direct:
                await direct.rows(POOLS, {"name": "any"})
                await asyncio.sleep(0)
            done[number] += 1

    await asyncio.gather(*(work(number) for number in range(people)))
    assert min(done[number] for number in range(people)) > 2
    assert connections_in_use(db) == 0


async def test_nobody_waits_for_ever(db: DBInterface, monkeypatch):
    monkeypatch.setattr(direct_connections, "PATIENCE_SECONDS", 0.05)
    connections = db._resources().direct.connections
    taken = [await connections.take() for _ in range(direct_connections.MOST_IN_USE)]
    with pytest.raises(PoolTimeoutError, match="in use"):
        await connections.take()
    for one in taken:
        await connections.give_back(one)
    await connections.give_back(await connections.take())
    assert connections_in_use(db) == 0


@pytest.mark.only_on("postgresql", reason="SQLite keeps no plans")
async def test_a_plan_made_for_an_empty_table_is_good_for_a_full_one(db: DBInterface, session):
    """Each statement is planned once on a connection, when nobody knows yet what the table will hold."""
    pool = await make_pool(session, unique("pool"))
    queue = await make_queue(session, pool)
    await session.commit()
    soon = StartWindow(before=utc_now() + timedelta(minutes=1))

    async def poll() -> tuple[int, int]:
        """Return how many runs are shown, and how many rows were read without an index until then."""
        async with db.direct_context() as direct:
            source = PolledRunSource(db, direct)
            runs = await read_polled_runs(
                source, work_pool_ids=[pool.id], work_queue_ids=None, window=soon, limit=5
            )
            await direct.rows(FLUSH_STATISTICS, {})
            ((read,),) = await direct.rows(READ_WITHOUT_INDEX, {})
        return len(runs), read

    for _ in range(10):
        assert (await poll())[0] == 0
    await make_runs(session, queue, 1_000)
    await session.commit()
    _, before = await poll()
    for _ in range(10):
        shown, after = await poll()
        assert (shown, after) == (5, before)


# ── transactions ──────────────────────────────────────────────────────────────────────────────────

NEW_FLOW = (
    sa.insert(Flow.__table__)
    .values(
        id=sa.bindparam("id", type_=sa.Uuid()),
        name=_NAME,
        created=database_now(),
        updated=database_now(),
        tags=sa.literal([], JSON),
        labels=sa.literal({}, JSON),
    )
    .inline()
)
FLOWS = sa.select(Flow.id).where(Flow.name == _NAME)


async def count_flows(db: DBInterface, name: str) -> int:
    async with db.direct_context() as direct:
        return len(await direct.rows(FLOWS, {"name": name}))


async def test_a_transaction_is_committed_at_the_end(db: DBInterface):
    name = unique("flow")
    async with db.direct_transaction() as direct:
        await direct.write([NEW_FLOW], {"id": uuid7(), "name": name})
        assert len(await direct.rows(FLOWS, {"name": name})) == 1
        assert await count_flows(db, name) == 0
    assert await count_flows(db, name) == 1


async def test_an_error_takes_everything_back(db: DBInterface):
    name = unique("flow")

    async def fail() -> None:
        async with db.direct_transaction() as direct:
            await direct.write([NEW_FLOW], {"id": uuid7(), "name": name})
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    assert await count_flows(db, name) == 0


async def test_what_the_database_refuses_takes_everything_back(db: DBInterface):
    """Also where the refusal comes with the commit."""
    name = unique("flow")

    async def write_twice() -> None:
        async with db.direct_transaction() as direct:
            for _ in range(2):
                await direct.write([NEW_FLOW], {"id": uuid7(), "name": name})

    with pytest.raises(IntegrityError):
        await write_twice()
    assert await count_flows(db, name) == 0
    await test_a_transaction_is_committed_at_the_end(db)


async def test_a_cancelled_transaction_is_taken_back_and_gives_up_its_turn(db: DBInterface):
    name = unique("flow")
    for pause in (0, 0.0005, 0.001, 0.002, 0.01, 0.05):

        async def write_and_go_on_reading() -> None:
            async with db.direct_transaction() as direct:
                await direct.write([NEW_FLOW], {"id": uuid7(), "name": name})
                while True:
                    await direct.rows(FLOWS, {"name": name})
                    await asyncio.sleep(0)

        tasks = [asyncio.create_task(write_and_go_on_reading()) for _ in range(2)]
        await asyncio.sleep(pause)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    assert await count_flows(db, name) == 0
    await test_a_transaction_is_committed_at_the_end(db)
    assert connections_in_use(db) == 0
