"""The question before a pool or a queue goes: is somebody still at its runs?"""

from typing import Annotated
from uuid import UUID

from fastapi import Query
from sqlalchemy.ext.asyncio import AsyncSession

from penstock.core.errors import ConflictError
from penstock.server.database.orm_models import WorkQueue
from penstock.server.models import workers

Force = Annotated[
    bool | None,
    Query(description="False: refuse with 409 while runs are in somebody's hands; else delete anyway."),
]


async def refuse_while_held(
    session: AsyncSession, what: str, work_pool_id: UUID, *, work_queue_id: UUID | None = None
) -> None:
    """Answer 409, saying who holds how many runs, unless nobody holds any."""
    held = await workers.count_held_runs(
        session=session, work_pool_id=work_pool_id, work_queue_id=work_queue_id
    )
    if not held:
        return
    total = sum(held.values())
    holders = ", ".join(
        f"{name or 'without a name'}: {count}"
        for name, count in sorted(held.items(), key=lambda one: -one[1])
    )
    runs = "1 run is" if total == 1 else f"{total} runs are"
    raise ConflictError(f"{runs} held of {what} ({holders}); cancel them or delete with force=true.")


async def refuse_while_queue_is_held(session: AsyncSession, work_queue: WorkQueue) -> None:
    """Answer 409 while somebody holds runs of the queue."""
    await refuse_while_held(
        session, f"queue '{work_queue.name}'", work_queue.work_pool_id, work_queue_id=work_queue.id
    )
