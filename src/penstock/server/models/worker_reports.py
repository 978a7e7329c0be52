"""What workers say about themselves by events: that they stop."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from penstock.core.attempts import LeaseTimes
from penstock.schemas.core import Event
from penstock.schemas.core.events import RESOURCE_ID, RESOURCE_NAME, RESOURCE_ROLE
from penstock.server.models import attempts

STOPPED = "prefect.worker.stopped"
WORKER_TYPE = "prefect.worker-type"
WORK_POOL_PREFIX = "prefect.work-pool."
ENDS_ITS_PROCESSES = "process"
"""The type of workers whose runs are their own child processes, which they kill when they stop."""


async def record_worker_reports(session: AsyncSession, events: Sequence[Event], times: LeaseTimes) -> None:
    """Let the runs of process workers that say they stop be over soon, unless they are heard of.

    Such a worker kills the processes of its runs and reports nothing of it; what other workers
    have started goes on without them.
    """
    for event in events:
        if event.event != STOPPED or event.resource.get(WORKER_TYPE) != ENDS_ITS_PROCESSES:
            continue
        worker_name = event.resource.get(RESOURCE_NAME)
        work_pool_id = _work_pool_of(event)
        if worker_name is not None and work_pool_id is not None:
            await attempts.shorten_leases_of_worker(
                session=session,
                work_pool_id=work_pool_id,
                worker_name=worker_name,
                pending_seconds=times.confirm_seconds,
                seconds=times.confirm_seconds,
                taken_before=event.occurred,
            )


def _work_pool_of(event: Event) -> UUID | None:
    for related in event.related:
        kind, _, identity = related[RESOURCE_ID].partition(WORK_POOL_PREFIX)
        if related[RESOURCE_ROLE] == "work-pool" and not kind:
            try:
                return UUID(identity)
            except ValueError:
                return None
    return None
