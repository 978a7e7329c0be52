"""Flow runs."""

from datetime import datetime
from importlib import import_module
from operator import attrgetter
from typing import Any, Self
from uuid import UUID

from pydantic import Field

from penstock.core.clock import utc_now
from penstock.core.states import StateType
from penstock.schemas.core.attribution import CreatedBy
from penstock.schemas.core.flow_run_policies import FlowRunPolicy
from penstock.schemas.foundations import RecordModel
from penstock.schemas.run_times import estimated_run_time, estimated_start_time_delta
from penstock.schemas.states import State
from penstock.schemas.timestamps import Timestamp
from penstock.schemas.values import Label


def random_run_name() -> str:
    """Return two words joined by a hyphen, the name of a run that was given none."""
    # The lists of words take 30 ms, which a server that starts has no need of.
    name: str = import_module("coolname").generate_slug(2)
    return name


class FlowRunIdentity(RecordModel):
    """Which run this is."""

    name: str = Field(default_factory=random_run_name)
    flow_id: UUID
    state_id: UUID | None = None
    deployment_id: UUID | None = None
    deployment_version: str | None = None


class FlowRunCourse(RecordModel):
    """What the run is given and how far it has come."""

    work_queue_name: str | None = None
    flow_version: str | None = None
    parameters: dict[str, Any] = Field(default_factory=dict)
    idempotency_key: str | None = None
    context: dict[str, Any] = Field(default_factory=dict)
    empirical_policy: FlowRunPolicy = Field(default_factory=FlowRunPolicy)
    tags: list[str] = Field(default_factory=list)
    labels: dict[str, Label] | None = Field(default_factory=dict)
    parent_task_run_id: UUID | None = None
    state_type: StateType | None = None
    state_name: str | None = None
    run_count: int = 0
    expected_start_time: Timestamp | None = None
    next_scheduled_start_time: Timestamp | None = None
    start_time: Timestamp | None = None
    end_time: Timestamp | None = None
    total_run_time: float = 0.0
    estimated_run_time: float = 0.0
    estimated_start_time_delta: float = 0.0
    auto_scheduled: bool = False
    infrastructure_document_id: UUID | None = None
    infrastructure_pid: str | None = None
    created_by: CreatedBy | None = None


class FlowRun(FlowRunCourse, FlowRunIdentity):
    """A run of a flow. Durations are seconds."""

    work_queue_id: UUID | None = None
    state: State | None = None
    job_variables: dict[str, Any] | None = None

    @classmethod
    def from_row(cls, row: Any, now: datetime | None = None) -> Self:
        """Return a row of the run table without its state, as a poll answers it (workers.md 2.4)."""
        return cls.model_validate(stored_values(row, now or utc_now()))


_STORED_FIELDS = tuple(
    name
    for name in FlowRun.model_fields
    if name not in {"state", "estimated_run_time", "estimated_start_time_delta"}
)
_read_stored = attrgetter(*_STORED_FIELDS)


def stored_values(row: Any, now: datetime) -> dict[str, Any]:
    """Return the fields of a row of the run table, with the times that are reckoned at ``now``."""
    values = dict(zip(_STORED_FIELDS, _read_stored(row), strict=True))
    values["estimated_run_time"] = estimated_run_time(
        values["total_run_time"], values["state_type"], row.state_timestamp, now
    )
    values["estimated_start_time_delta"] = estimated_start_time_delta(
        values["expected_start_time"], values["start_time"], values["state_type"], now
    )
    return values
