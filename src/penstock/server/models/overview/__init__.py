"""Pools and queues at a glance: rows with their counts, and the counts that are worth keeping a while."""

from penstock.server.models.overview.backlogs import NOTHING_WAITS, QueueBacklog, read_queue_backlogs
from penstock.server.models.overview.pools import read_work_pool_overviews
from penstock.server.models.overview.queues import read_work_queue_overviews
from penstock.server.models.overview.starts import STARTS_MINUTES, read_recent_starts

__all__ = [
    "NOTHING_WAITS",
    "STARTS_MINUTES",
    "QueueBacklog",
    "read_queue_backlogs",
    "read_recent_starts",
    "read_work_pool_overviews",
    "read_work_queue_overviews",
]
