"""Finding, and where it may be missing making, the queue a deployment or run names (orchestration.md 2.3)."""

from pydantic import TypeAdapter, ValidationError
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from penstock.core.errors import InvalidInputError
from penstock.schemas.actions import WorkQueueCreate
from penstock.schemas.names import Name
from penstock.server.api.errors import not_found
from penstock.server.api.work_pool_queues import require_work_queue
from penstock.server.api.work_pools import require_work_pool
from penstock.server.database.orm_models import WorkPool, WorkQueue
from penstock.server.models import work_queues, workers
from penstock.server.models.work_queues.queues import DEFAULT_AGENT_POOL_NAME
from penstock.server.models.workers.pools import DEFAULT_QUEUE_NAME

QUEUE_NAME = TypeAdapter(Name)


async def ensure_work_queue(
    session: AsyncSession, work_pool_name: str | None, work_queue_name: str | None
) -> WorkQueue | None:
    """Return the queue a deployment's runs go to, creating one that is missing.

    A pool alone means its default queue, a queue alone one of the default agent pool, and
    neither means None. An unknown pool is answered 404.

    Raises:
        InvalidInputError: no queue can have that name.
    """
    if work_queue_name is not None:
        _check_name(work_queue_name)
    if work_pool_name is None:
        if work_queue_name is None:
            return None
        return await work_queues.ensure_work_queue_exists(session=session, name=work_queue_name)
    work_pool = await _require_pool_of_deployment(session, work_pool_name)
    if work_queue_name is None:
        return await _default_queue(session, work_pool)
    return await ensure_work_queue_in(session, work_pool, work_queue_name)


async def ensure_work_queue_in(session: AsyncSession, work_pool: WorkPool, work_queue_name: str) -> WorkQueue:
    """Return the pool's queue of that name, creating it when it is missing."""
    _check_name(work_queue_name)
    found = await _find(session, work_pool, work_queue_name)
    if found is not None:
        return found
    try:
        async with session.begin_nested():
            return await workers.create_work_queue(
                session=session,
                work_pool_id=work_pool.id,
                work_queue=WorkQueueCreate(name=work_queue_name),
            )
    except IntegrityError:
        created_meanwhile = await _find(session, work_pool, work_queue_name)
        if created_meanwhile is None:
            raise
        return created_meanwhile


async def require_queue_of_run(
    session: AsyncSession, work_pool_name: str | None, work_queue_name: str | None
) -> WorkQueue | None:
    """Return the queue an ad-hoc run names; what is missing is answered 404, nothing is created."""
    if work_pool_name is None:
        return None
    if work_queue_name is not None:
        return await require_work_queue(session, work_pool_name, work_queue_name)
    return await _default_queue(session, await require_work_pool(session, work_pool_name))


async def _require_pool_of_deployment(session: AsyncSession, work_pool_name: str) -> WorkPool:
    """Return the pool, or answer 404; the default agent pool is made on demand."""
    found = await workers.read_work_pool_by_name(session=session, work_pool_name=work_pool_name)
    if found is None and work_pool_name == DEFAULT_AGENT_POOL_NAME:
        default_queue = WorkQueueCreate(name=DEFAULT_QUEUE_NAME)
        await work_queues.create_work_queue(session=session, work_queue=default_queue)
    return found or await require_work_pool(session, work_pool_name)


async def _find(session: AsyncSession, work_pool: WorkPool, name: str) -> WorkQueue | None:
    return await workers.read_work_queue_by_name(
        session=session, work_pool_name=work_pool.name, work_queue_name=name
    )


async def _default_queue(session: AsyncSession, work_pool: WorkPool) -> WorkQueue:
    assert work_pool.default_queue_id is not None
    queue = await workers.read_work_queue(session=session, work_queue_id=work_pool.default_queue_id)
    if queue is None:
        not_found(f"The default queue of work pool '{work_pool.name}' not found.")
    return queue


def _check_name(work_queue_name: str) -> None:
    try:
        QUEUE_NAME.validate_python(work_queue_name)
    except ValidationError as error:
        raise InvalidInputError("work_queue_name", error.errors()[0]["msg"]) from None
