"""Which runs hold their slots by a person's override, and who entered when.

A run created directly in a slot state was given to nobody: it has no attempt, or its first one
began when its process spoke up. One that was forced into its slot has an event that names the
attempt which began so.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast
from uuid import UUID

import sqlalchemy as sa

from penstock.core.states import SLOT_STATES, StateName, StateType
from penstock.server.database.states import holds_queue_slot
from penstock.server.events.override_events import FORCED_INTO_SLOT, override_resource
from penstock.server.events.work_queue_events import DELETED, gave_runs_to
from penstock.server.models.doctor.check import Examined


@dataclass(frozen=True, slots=True)
class Occupant:
    """A run that occupies a slot; ``entered`` is when its stay there began, at the latest."""

    flow_run_id: UUID
    name: str
    entered: datetime
    is_override: bool


async def read_occupants(examined: Examined, *conditions: sa.ColumnElement[bool]) -> list[Occupant]:
    """Read the runs that meet the conditions as occupants of slots."""
    db = examined.db
    run, history = db.FlowRun, db.FlowRunState
    first_type = (
        sa.select(history.type)
        .where(history.flow_run_id == run.id)
        .order_by(history.timestamp)
        .limit(1)
        .scalar_subquery()
    )
    rows = (
        await examined.session.execute(
            sa.select(
                run.id,
                run.name,
                run.attempt,
                run.state_timestamp,
                first_type.label("first_type"),
                _entered(examined).label("entered"),
            ).where(*conditions)
        )
    ).all()
    forced = await _forced_attempts(examined, [row.id for row in rows])
    return [
        Occupant(
            flow_run_id=row.id,
            name=row.name,
            entered=row.entered or row.state_timestamp,
            is_override=_was_given_to_nobody(row.attempt, row.first_type) or (row.id, row.attempt) in forced,
        )
        for row in rows
    ]


def _was_given_to_nobody(attempt: int, first_type: StateType | None) -> bool:
    return attempt == 0 or (attempt == 1 and first_type in SLOT_STATES)


def _entered(examined: Examined) -> sa.ScalarSelect[datetime]:
    """The first slot state since the run last left its slot; a wait for a retry is no leaving."""
    db = examined.db
    left, held = sa.orm.aliased(db.FlowRunState), sa.orm.aliased(db.FlowRunState)
    last_left = (
        sa.select(sa.func.max(left.timestamp))
        .where(
            left.flow_run_id == db.FlowRun.id,
            sa.not_(holds_queue_slot(left.type)),
            left.name != StateName.AWAITING_RETRY,
        )
        .correlate(db.FlowRun)
        .scalar_subquery()
    )
    return (
        sa.select(sa.func.min(held.timestamp))
        .where(
            held.flow_run_id == db.FlowRun.id,
            holds_queue_slot(held.type),
            sa.or_(last_left.is_(None), held.timestamp >= last_left),
        )
        .correlate(db.FlowRun)
        .scalar_subquery()
    )


async def _forced_attempts(examined: Examined, flow_run_ids: Sequence[UUID]) -> set[tuple[UUID, int]]:
    event = examined.db.Event
    by_resource = {override_resource(run_id): run_id for run_id in flow_run_ids}
    if not by_resource:
        return set()
    rows = await examined.session.execute(
        sa.select(event.resource_id, event.payload).where(
            event.resource_id.in_(by_resource), event.event == FORCED_INTO_SLOT
        )
    )
    return {(by_resource[resource_id], payload.get("attempt", 0)) for resource_id, payload in rows}


async def read_limit_change(examined: Examined, resource_id: str) -> datetime | None:
    """Read when the limit of a pool or a queue was changed last; None when nobody remembers that."""
    event = examined.db.Event
    rows = await examined.session.execute(
        sa.select(event.occurred, event.payload)
        .where(event.resource_id == resource_id, event.event.endswith(".updated"))
        .order_by(event.occurred.desc())
        .limit(1000)
    )
    for occurred, payload in rows:
        if "concurrency_limit" in payload.get("updated_fields", ()):
            return cast("datetime", occurred)
    return None


async def read_take_over(examined: Examined, work_queue_id: UUID) -> datetime | None:
    """Read when the queue last got the runs of one that was deleted; None when nobody remembers that."""
    event = examined.db.Event
    rows = await examined.session.execute(
        sa.select(event.occurred, event.payload)
        .where(event.event == DELETED)
        .order_by(event.occurred.desc())
        .limit(1000)
    )
    for occurred, payload in rows:
        if gave_runs_to(payload, work_queue_id):
            return cast("datetime", occurred)
    return None


def entered_after(occupants: Iterable[Occupant], moment: datetime | None) -> bool:
    """Return whether one of them entered after the moment; true without a moment."""
    return moment is None or any(one.entered > moment for one in occupants)
