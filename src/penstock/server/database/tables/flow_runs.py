"""``flow_run``: one execution, and the row that dispatch and every limit read (orchestration.md 5.4)."""

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from penstock.core.attempts import LeaseKind
from penstock.schemas.core import CreatedBy, FlowRunPolicy
from penstock.schemas.states import StateDetails, StateType
from penstock.server.database.expressions import json_text
from penstock.server.database.states import (
    holds_queue_slot,
    in_states,
    is_scheduled,
    may_become_late,
    retries_in_process,
)
from penstock.server.database.tables.base import Base
from penstock.server.database.tables.current_state import CurrentState
from penstock.server.database.types import JSON, PydanticJSON, enum_type


class FlowRun(CurrentState, Base):
    """A run with its current state in the row itself; the history is in ``flow_run_state``."""

    __tablename__ = "flow_run"

    name: Mapped[str]
    flow_id: Mapped[UUID] = mapped_column(sa.ForeignKey("flow.id", ondelete="CASCADE"))
    deployment_id: Mapped[UUID | None]
    deployment_version: Mapped[str | None]
    parent_task_run_id: Mapped[UUID | None]
    work_queue_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("work_queue.id", ondelete="SET NULL"))
    work_queue_name: Mapped[str | None]
    flow_version: Mapped[str | None]
    parameters: Mapped[dict[str, Any]] = mapped_column(default=dict)
    idempotency_key: Mapped[str | None]
    context: Mapped[dict[str, Any]] = mapped_column(default=dict)
    empirical_policy: Mapped[FlowRunPolicy] = mapped_column(
        PydanticJSON(FlowRunPolicy), default=FlowRunPolicy
    )
    retry_type: Mapped[str | None] = mapped_column(
        sa.Computed(
            json_text(sa.column("empirical_policy"), sa.literal_column("'retry_type'")), persisted=True
        )
    )
    tags: Mapped[list[str]] = mapped_column(default=list)
    labels: Mapped[dict[str, Any]] = mapped_column(default=dict)
    job_variables: Mapped[dict[str, Any] | None] = mapped_column(JSON, default=dict)
    created_by: Mapped[CreatedBy | None] = mapped_column(PydanticJSON(CreatedBy))
    auto_scheduled: Mapped[bool] = mapped_column(default=False)
    infrastructure_pid: Mapped[str | None]
    infrastructure_document_id: Mapped[UUID | None]

    state_id: Mapped[UUID | None]
    state_type: Mapped[StateType | None] = mapped_column(enum_type(StateType))
    state_name: Mapped[str | None]
    state_timestamp: Mapped[datetime | None]
    state_message: Mapped[str | None]
    state_details: Mapped[StateDetails | None] = mapped_column(PydanticJSON(StateDetails))
    state_data: Mapped[Any | None] = mapped_column(JSON)
    paused_until: Mapped[datetime | None]
    """When a pause without an answer ends in failure; null in all other states."""

    attempt: Mapped[int] = mapped_column(default=0)
    """How many times the run was given to somebody; the number that fences off earlier ones."""

    worker_name: Mapped[str | None]
    """Who holds the run, or held it last; null when he did not say his name."""

    lease_kind: Mapped[LeaseKind | None] = mapped_column(enum_type(LeaseKind))
    """How the holder is judged; null when nobody holds the run."""

    lease_expires_at: Mapped[datetime | None]
    """When the attempt is over unless its holder is heard of, by the database's clock."""

    last_sign_of_life: Mapped[datetime | None]
    """When a process of this attempt last gave a sign that comes as long as it lives (``signs_of_life``)."""

    infra_failures: Mapped[int] = mapped_column(default=0)
    """Attempts that ended without a word since somebody scheduled the run."""

    run_count: Mapped[int] = mapped_column(default=0)
    expected_start_time: Mapped[datetime | None]
    next_scheduled_start_time: Mapped[datetime | None]
    start_time: Mapped[datetime | None]
    end_time: Mapped[datetime | None]
    total_run_time: Mapped[float] = mapped_column(default=0.0)

    __table_args__ = (
        sa.UniqueConstraint("flow_id", "idempotency_key"),
        sa.Index("ix_flow_run__flow_id__expected_start_time", "flow_id", "expected_start_time"),
        sa.Index("ix_flow_run__expected_start_time__id", "expected_start_time", "id"),
    )


def _partial_index(name: str, condition: sa.ColumnElement[bool], *columns: Any) -> sa.Index:
    return sa.Index(name, *columns, sqlite_where=condition, postgresql_where=condition)


_run = FlowRun.__table__.c

DUE_INDEX = _partial_index(
    "ix_flow_run__due", is_scheduled(_run.state_type),
    _run.work_queue_id, _run.next_scheduled_start_time, _run.id,
)  # fmt: skip
"""The order of dispatch: reading it costs what is returned, whatever the backlog."""

DUE_OF_DEPLOYMENT_INDEX = _partial_index(
    "ix_flow_run__due_of_deployment",
    sa.and_(is_scheduled(_run.state_type), _run.deployment_id.is_not(None)),
    _run.work_queue_id, _run.deployment_id, _run.next_scheduled_start_time, _run.id,
)  # fmt: skip
"""The same deployment by deployment, to pass over those whose limit is full (ADR 0007)."""

DUE_WITHOUT_DEPLOYMENT_INDEX = _partial_index(
    "ix_flow_run__due_without_deployment",
    sa.and_(is_scheduled(_run.state_type), _run.deployment_id.is_(None)),
    _run.work_queue_id, _run.next_scheduled_start_time, _run.id,
)  # fmt: skip

SLOT_INDEX = _partial_index(
    "ix_flow_run__slot_holders", holds_queue_slot(_run.state_type), _run.work_queue_id, _run.state_type
)
"""Who holds slots of a queue: as long as the limits are high, never as the history."""

QUEUE_INDEX = sa.Index(
    "ix_flow_run__work_queue_id", _run.work_queue_id,
    sqlite_where=_run.work_queue_id.is_not(None), postgresql_where=_run.id.is_(None),
)  # fmt: skip
"""All runs of a queue that goes: on SQLite everybody else waits until they are found.

On PostgreSQL nobody does, and every change of state would be written to it: there it holds no row.
"""

RETRY_INDEX = _partial_index(
    "ix_flow_run__in_process_retries",
    retries_in_process(_run.state_type, _run.retry_type),
    _run.work_queue_id, _run.state_type,
)  # fmt: skip
"""The second column says no more, but SQLite prefers this index by it to the one of all runs of a queue."""

DEPLOYMENT_INDEX = _partial_index(
    "ix_flow_run__deployment_id__expected_start_time",
    _run.deployment_id.is_not(None),
    _run.deployment_id, _run.expected_start_time,
)  # fmt: skip

NAME_ONLY_INDEX = _partial_index(
    "ix_flow_run__work_queue_name", _run.work_queue_id.is_(None), _run.work_queue_name
)

PARENT_INDEX = _partial_index(
    "ix_flow_run__parent_task_run_id", _run.parent_task_run_id.is_not(None), _run.parent_task_run_id
)

LATE_INDEX = _partial_index(
    "ix_flow_run__may_become_late",
    may_become_late(_run.state_type, _run.state_name),
    _run.next_scheduled_start_time, _run.id,
)  # fmt: skip
"""Who is next to be late: each run leaves it once it starts or is marked."""

SCHEDULED_OF_DEPLOYMENT_INDEX = _partial_index(
    "ix_flow_run__scheduled_of_deployment",
    is_scheduled(_run.state_type),
    _run.deployment_id, _run.next_scheduled_start_time, _run.id,
)  # fmt: skip

PAUSE_INDEX = _partial_index("ix_flow_run__paused_until", _run.paused_until.is_not(None), _run.paused_until)

CANCELLING_INDEX = _partial_index(
    "ix_flow_run__cancelling", in_states(_run.state_type, [StateType.CANCELLING]), _run.state_timestamp
)

CANCELLED_INDEX = _partial_index(
    "ix_flow_run__cancelled", in_states(_run.state_type, [StateType.CANCELLED]), _run.end_time
)

LEASE_INDEX = _partial_index("ix_flow_run__lease", _run.lease_expires_at.is_not(None), _run.lease_expires_at)
"""Whose attempt is over next."""

HOLDER_INDEX = _partial_index(
    "ix_flow_run__holder", _run.lease_expires_at.is_not(None), _run.worker_name, _run.work_queue_id
)
"""What each worker holds."""
