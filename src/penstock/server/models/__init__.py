"""Functions over a session, one noun a module: they read and write, and never commit.

``db`` is the first argument of each and is injected when left out. No HTTP, no settings.
"""

from penstock.server.models import (
    block_documents,
    deployments,
    events,
    flow_run_states,
    flow_runs,
    flows,
    logs,
    work_queues,
    workers,
)

__all__ = [
    "block_documents",
    "deployments",
    "events",
    "flow_run_states",
    "flow_runs",
    "flows",
    "logs",
    "work_queues",
    "workers",
]
