"""Two transactions that really overlap, without sleeping."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from penstock.schemas.actions import WorkPoolUpdate, WorkQueueUpdate
from penstock.server.database import DBInterface
from penstock.server.database.orm_models import WorkPool, WorkQueue
from penstock.server.models import workers

First = TypeVar("First")
Second = TypeVar("Second")

_WAITING = sa.text(
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
)


async def overlap(
    db: DBInterface,
    first: Callable[[AsyncSession], Awaitable[First]],
    second: Callable[[AsyncSession], Awaitable[Second]],
) -> tuple[First, Second]:
    """Run two units of work so that the second begins before the first commits.

    The first commits as soon as the second waits for it or is done.
    """
    async with db.session_context(begin_transaction=True) as session:
        result = await first(session)
        later = await begin(db, second)
    return result, await later


async def begin(db: DBInterface, work: Callable[[AsyncSession], Awaitable[Second]]) -> asyncio.Task[Second]:
    """Start work in a transaction of its own; return when it waits for a lock or is done.

    SQLite has one writer: there the work waits its turn from the beginning.
    """

    async def in_own_transaction() -> Second:
        async with db.session_context(begin_transaction=True) as session:
            return await work(session)

    task = asyncio.create_task(in_own_transaction())
    if db.dialect.single_writer:
        await asyncio.sleep(0)
        return task
    async with db.session() as observer:
        connection = await observer.connection(execution_options={"isolation_level": "AUTOCOMMIT"})
        while not task.done() and not await connection.scalar(_WAITING):
            await asyncio.sleep(0.001)
    return task


async def limit_to_one(session: AsyncSession, limited: str, pool: WorkPool, queue: WorkQueue) -> int:
    """Set a limit of one on the pool or on the queue; return the slots taken when it stands."""
    if limited == "pool":
        await workers.update_work_pool(session, pool.id, WorkPoolUpdate(concurrency_limit=1))
    else:
        await workers.update_work_queue(session, queue.id, WorkQueueUpdate(concurrency_limit=1))
    return await workers.count_work_pool_active_slots(session, pool.id)
