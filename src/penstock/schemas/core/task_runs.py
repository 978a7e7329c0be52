"""Task runs."""

from datetime import datetime
from operator import attrgetter
from typing import Any, Self
from uuid import UUID

from pydantic import Field

from penstock.core.clock import utc_now
from penstock.core.states import StateType
from penstock.schemas.core.flow_runs import random_run_name
from penstock.schemas.core.task_run_policies import TaskRunPolicy
from penstock.schemas.foundations import RecordModel
from penstock.schemas.run_times import estimated_run_time, estimated_start_time_delta
from penstock.schemas.states import State
from penstock.schemas.timestamps import Timestamp
from penstock.schemas.values import Label


class TaskRun(RecordModel):
    """A run of a task, mostly within a flow run. Durations are seconds."""

    name: str = Field(default_factory=random_run_name)
    flow_run_id: UUID | None = None
    task_key: str
    dynamic_key: str
    cache_key: str | None = None
    cache_expiration: Timestamp | None = None
    task_version: str | None = None
    empirical_policy: TaskRunPolicy = Field(default_factory=TaskRunPolicy)
    tags: list[str] = Field(default_factory=list)
    labels: dict[str, Label] | None = Field(default_factory=dict)
    state_id: UUID | None = None
    task_inputs: dict[str, list[Any]] = Field(default_factory=dict)
    state_type: StateType | None = None
    state_name: str | None = None
    run_count: int = 0
    flow_run_run_count: int = 0
    expected_start_time: Timestamp | None = None
    next_scheduled_start_time: Timestamp | None = None
    start_time: Timestamp | None = None
    end_time: Timestamp | None = None
    total_run_time: float = 0.0
    estimated_run_time: float = 0.0
    estimated_start_time_delta: float = 0.0
    state: State | None = None

    @classmethod
    def from_row(cls, row: Any, now: datetime | None = None) -> Self:
        """Return a row of the task run table with its state, and times reckoned at ``now``."""
        now = now or utc_now()
        values = dict(zip(_STORED_FIELDS, _read_stored(row), strict=True))
        values["state"] = row.state
        values["estimated_run_time"] = estimated_run_time(
            values["total_run_time"], values["state_type"], row.state_timestamp, now
        )
        values["estimated_start_time_delta"] = estimated_start_time_delta(
            values["expected_start_time"], values["start_time"], values["state_type"], now
        )
        return cls.model_validate(values)


_STORED_FIELDS = tuple(
    name
    for name in TaskRun.model_fields
    if name not in {"state", "estimated_run_time", "estimated_start_time_delta"}
)
_read_stored = attrgetter(*_STORED_FIELDS)
