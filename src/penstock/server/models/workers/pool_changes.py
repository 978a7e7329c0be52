"""Telling connected workers, on all servers, that their pool has changed (workers.md 7.2)."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from penstock.server.database.announcements import announce

TOLD_AT_ONCE = frozenset({"base_job_template", "concurrency_limit", "is_paused", "storage_configuration"})
"""Fields whose change workers hear of at once; others show at their next heartbeat."""


def work_pool_topic(work_pool_id: UUID) -> str:
    """Return the topic that is announced when a pool changes or goes."""
    return f"work-pool-{work_pool_id}"


def announce_work_pool_change(session: AsyncSession, work_pool_id: UUID) -> None:
    """Let the workers of a pool look at it when this transaction is over."""
    announce(session, work_pool_topic(work_pool_id))
