"""Work pools, work queues, workers and dispatch: the functions of the seed, and what they need.

- ``pools``, ``queues``: create, read, update, delete; ``priorities`` keeps priorities unique.
- ``registry``, ``heartbeat``: workers; ``status`` and ``polls``: who is ready, and the edges.
- ``draining``: workers that are given nothing, and what each holds.
- ``slots``, ``slot_holders``: who holds the slots.
- ``dispatch``: which runs go next.
- ``emit``: the events of the seed, recorded in the caller's transaction.
"""

from penstock.server.models.workers.dispatch import get_scheduled_flow_runs
from penstock.server.models.workers.draining import (
    count_held_runs,
    delete_silent_workers,
    set_worker_draining,
)
from penstock.server.models.workers.emit import (
    emit_work_pool_created_event,
    emit_work_pool_deleted_event,
    emit_work_pool_status_event,
    emit_work_pool_updated_event,
    emit_work_queue_status_event,
)
from penstock.server.models.workers.heartbeat import (
    record_known_heartbeats,
    record_worker_heartbeat,
    worker_heartbeat,
)
from penstock.server.models.workers.polls import (
    mark_silent_work_pools_not_ready,
    mark_silent_work_queues_not_ready,
    record_work_queue_polls,
)
from penstock.server.models.workers.pool_updates import update_work_pool
from penstock.server.models.workers.pools import (
    count_work_pools,
    create_work_pool,
    delete_work_pool,
    read_work_pool,
    read_work_pool_by_name,
    read_work_pools,
)
from penstock.server.models.workers.priorities import bulk_update_work_queue_priorities
from penstock.server.models.workers.queue_updates import delete_work_queue, update_work_queue
from penstock.server.models.workers.queues import (
    count_work_queues,
    create_work_queue,
    read_work_queue,
    read_work_queue_by_name,
    read_work_queues,
    resolve_work_queues,
)
from penstock.server.models.workers.registry import (
    delete_worker,
    read_worker_by_name,
    read_workers,
)
from penstock.server.models.workers.slot_holders import (
    count_work_pool_slot_holders,
    count_work_pool_slot_holders_by_queue,
    count_work_queue_slot_holders,
    get_work_pool_slot_holders,
    get_work_queue_slot_holders,
)
from penstock.server.models.workers.slots import (
    count_work_pool_active_slots,
    count_work_pool_active_slots_bulk,
    count_work_queue_active_slots,
    count_work_queue_active_slots_bulk,
)

__all__ = [
    "bulk_update_work_queue_priorities",
    "count_held_runs",
    "count_work_pool_active_slots",
    "count_work_pool_active_slots_bulk",
    "count_work_pool_slot_holders",
    "count_work_pool_slot_holders_by_queue",
    "count_work_pools",
    "count_work_queue_active_slots",
    "count_work_queue_active_slots_bulk",
    "count_work_queue_slot_holders",
    "count_work_queues",
    "create_work_pool",
    "create_work_queue",
    "delete_silent_workers",
    "delete_work_pool",
    "delete_work_queue",
    "delete_worker",
    "emit_work_pool_created_event",
    "emit_work_pool_deleted_event",
    "emit_work_pool_status_event",
    "emit_work_pool_updated_event",
    "emit_work_queue_status_event",
    "get_scheduled_flow_runs",
    "get_work_pool_slot_holders",
    "get_work_queue_slot_holders",
    "mark_silent_work_pools_not_ready",
    "mark_silent_work_queues_not_ready",
    "read_work_pool",
    "read_work_pool_by_name",
    "read_work_pools",
    "read_work_queue",
    "read_work_queue_by_name",
    "read_work_queues",
    "read_worker_by_name",
    "read_workers",
    "record_known_heartbeats",
    "record_work_queue_polls",
    "record_worker_heartbeat",
    "resolve_work_queues",
    "set_worker_draining",
    "update_work_pool",
    "update_work_queue",
    "worker_heartbeat",
]
