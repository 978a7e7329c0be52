"""Whole listings, read page after page."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from penstock.client import PenstockClient

PAGE = 200
"""Rows asked for at once; the server's own default limit."""

Row = TypeVar("Row")


async def all_pages(read_page: Callable[[int], Awaitable[list[Row]]]) -> list[Row]:
    """Return all rows in order; ``read_page`` is given the offset and returns at most ``PAGE`` rows."""
    rows: list[Row] = []
    while True:
        page = await read_page(len(rows))
        rows.extend(page)
        if len(page) < PAGE:
            return rows


async def queue_usage(client: PenstockClient, pool: str) -> dict[str, int]:
    """Return the slots in use now by the name of the queue; every queue of the pool is there."""
    used: dict[str, int] = {}
    page = 1
    while True:
        status = await client.read_work_pool_concurrency_status(pool, page=page, limit=PAGE, flow_run_limit=0)
        used.update({detail.queue_name: detail.active_slots for detail in status.queues})
        if page >= status.pages:
            return used
        page += 1
