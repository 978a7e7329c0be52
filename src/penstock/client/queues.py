"""Calls about the work queues of a pool."""

from pydantic import TypeAdapter

from penstock.client.calls import Calls, force_of, page, segment
from penstock.schemas.actions import WorkQueueCreate, WorkQueueUpdate
from penstock.schemas.filters import WorkQueueFilter
from penstock.schemas.lists import list_of
from penstock.schemas.responses import WorkQueueResponse

_QUEUE = TypeAdapter(WorkQueueResponse)
_QUEUES = list_of(WorkQueueResponse)


class QueueCalls(Calls):
    """Create, read, change and delete work queues."""

    async def create_work_queue(self, pool: str, work_queue: WorkQueueCreate) -> WorkQueueResponse:
        """Create a queue. Raises ``NotFound`` for the pool, ``Conflict`` when the name is taken."""
        return await self._http.fetch(_QUEUE, "POST", _queues_of(pool), work_queue, repeatable=False)

    async def read_work_queue(self, pool: str, name: str) -> WorkQueueResponse:
        """Return a queue. Raises ``NotFound``."""
        return await self._http.fetch(_QUEUE, "GET", _queue_path(pool, name), repeatable=True)

    async def read_work_queues(
        self,
        pool: str,
        work_queue_filter: WorkQueueFilter | None = None,
        limit: int | None = None,
        offset: int = 0,
    ) -> list[WorkQueueResponse]:
        """Return the queues of a pool by priority. Raises ``NotFound`` for the pool."""
        body = page(limit, offset, work_queues=work_queue_filter)
        return await self._http.fetch(_QUEUES, "POST", f"{_queues_of(pool)}/filter", body, repeatable=True)

    async def update_work_queue(self, pool: str, name: str, work_queue: WorkQueueUpdate) -> None:
        """Change the fields that are set. Raises ``NotFound``, or ``Conflict`` when the new name is taken."""
        await self._http.send("PATCH", _queue_path(pool, name), work_queue, repeatable=True)

    async def delete_work_queue(self, pool: str, name: str, force: bool | None = None) -> None:
        """Delete a queue; what has not ended goes to the pool's default queue, which can't be deleted.

        Raises ``NotFound``, and ``Conflict`` when ``force`` is False while runs of it are held.
        """
        await self._http.send("DELETE", _queue_path(pool, name), params=force_of(force), repeatable=True)


def _queues_of(pool: str) -> str:
    return f"/work_pools/{segment(pool)}/queues"


def _queue_path(pool: str, name: str) -> str:
    return f"{_queues_of(pool)}/{segment(name)}"
