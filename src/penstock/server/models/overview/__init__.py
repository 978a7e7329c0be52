"""Pools, queues and deployments at a glance: rows with their counts, and counts that are kept a while."""

from penstock.server.models.overview.backlogs import NOTHING_WAITS, QueueBacklog, read_queue_backlogs
from penstock.server.models.overview.deployments import read_flow_names, read_last_runs
from penstock.server.models.overview.pools import read_work_pool_overviews
from penstock.server.models.overview.queues import read_work_queue_overviews
from penstock.server.models.overview.starts import STARTS_MINUTES, read_recent_starts

__all__ = [
    "NOTHING_WAITS",
    "STARTS_MINUTES",
    "QueueBacklog",
    "read_flow_names",
    "read_last_runs",
    "read_queue_backlogs",
    "read_recent_starts",
    "read_work_pool_overviews",
    "read_work_queue_overviews",
]
