"""Work pools as answered."""

from typing import Any

from pydantic import Field

from penstock.schemas.core.work_pools import (
    AGENT_POOL_TYPE,
    DefaultQueueId,
    WorkPoolStorageConfiguration,
)
from penstock.schemas.foundations import RecordModel
from penstock.schemas.statuses import WorkPoolStatus


class WorkPoolResponse(RecordModel):
    """A work pool. ``active_slots`` is told only for pools with a limit."""

    name: str
    description: str | None = None
    type: str
    base_job_template: dict[str, Any] = Field(default_factory=dict)
    is_paused: bool = False
    concurrency_limit: int | None = None
    status: WorkPoolStatus | None = None
    default_queue_id: DefaultQueueId = None
    storage_configuration: WorkPoolStorageConfiguration = Field(default_factory=WorkPoolStorageConfiguration)
    active_slots: int | None = None

    @classmethod
    def from_row(cls, row: Any, active_slots: int | None = None) -> "WorkPoolResponse":
        """Return a row of the pool table; slots are left out when the pool has no limit.

        Pools of agents show no status, whatever is stored.
        """
        # not validated: each column has the type of its field
        pool = cls.model_construct(**{name: getattr(row, name) for name in _STORED_FIELDS})
        if pool.type == AGENT_POOL_TYPE:
            pool.status = None
        if pool.concurrency_limit is not None:
            pool.active_slots = active_slots or 0
        return pool


_STORED_FIELDS = tuple(name for name in WorkPoolResponse.model_fields if name != "active_slots")
