"""Work queues by id and by name alone, as the older ``/work_queues`` routes know them (workers.md 3.31, 4.4).

``queues``: creating, reading, changing; ``runs``: dispatch of one queue; ``status``: its health.
"""

from penstock.server.models.work_queues.queues import (
    create_work_queue,
    delete_work_queue,
    ensure_work_queue_exists,
    read_work_queue,
    read_work_queue_by_name,
    read_work_queues,
    update_work_queue,
)
from penstock.server.models.work_queues.runs import get_runs_in_work_queue
from penstock.server.models.work_queues.slots import (
    count_work_queue_active_slots,
    count_work_queue_active_slots_bulk,
)
from penstock.server.models.work_queues.status import read_work_queue_status
from penstock.server.models.workers.status import is_last_polled_recent

__all__ = [
    "count_work_queue_active_slots",
    "count_work_queue_active_slots_bulk",
    "create_work_queue",
    "delete_work_queue",
    "ensure_work_queue_exists",
    "get_runs_in_work_queue",
    "is_last_polled_recent",
    "read_work_queue",
    "read_work_queue_by_name",
    "read_work_queue_status",
    "read_work_queues",
    "update_work_queue",
]
