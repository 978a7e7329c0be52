"""Task runs as their engines report them, by events (orchestration.md 4.4).

Each event carries a whole task run and one state it was in. Events may come twice, in any order,
and through several servers: a run's row shows the newest state that was heard of, and the history
gets every state once. One batch takes a handful of statements, whatever its size.
"""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Annotated, Any
from uuid import UUID

import sqlalchemy as sa
from pydantic import BeforeValidator, Field, ValidationError
from sqlalchemy.ext.asyncio import AsyncSession

from penstock.schemas.core import Event, TaskRunPolicy
from penstock.schemas.core.events import RESOURCE_ID, RESOURCE_ROLE
from penstock.schemas.core.flow_runs import random_run_name
from penstock.schemas.foundations import WireModel
from penstock.schemas.states import State, StateDetails, StateType
from penstock.schemas.timestamps import Timestamp
from penstock.schemas.values import LARGEST_INTEGER, JsonObject, JsonValue, KeyText, Labels, Text
from penstock.server.database import DBInterface, db_injector, orm_models

logger = logging.getLogger(__name__)

NAME_PREFIX = "prefect.task-run."
ORCHESTRATION = "prefect.orchestration"
RESOURCE_PREFIX = "prefect.task-run."
FLOW_RUN_PREFIX = "prefect.flow-run."

Count = Annotated[int, Field(ge=0, le=LARGEST_INTEGER)]


def _null_as_list(value: Any) -> Any:
    return [] if value is None else value


class _ReportedState(WireModel):
    type: StateType
    name: Text | None = None
    message: Text | None = None
    state_details: StateDetails = Field(default_factory=StateDetails)
    data: JsonValue | None = None


class _ReportedTaskRun(WireModel):
    """The columns that a report sets."""

    name: Text = Field(default_factory=random_run_name)
    task_key: KeyText
    dynamic_key: KeyText
    cache_key: KeyText | None = None
    cache_expiration: Timestamp | None = None
    task_version: Text | None = None
    flow_run_run_count: Count = 0
    empirical_policy: TaskRunPolicy = Field(default_factory=TaskRunPolicy)
    task_inputs: JsonObject = Field(default_factory=dict)
    tags: Annotated[list[Text], BeforeValidator(_null_as_list)] = Field(default_factory=list)
    labels: Labels = Field(default_factory=dict)
    run_count: Count = 0
    expected_start_time: Timestamp | None = None
    next_scheduled_start_time: Timestamp | None = None
    start_time: Timestamp | None = None
    end_time: Timestamp | None = None
    total_run_time: Annotated[float, Field(allow_inf_nan=False)] = 0.0


@dataclass(frozen=True, slots=True)
class _Report:
    """One task run in one state."""

    task_run_id: UUID
    flow_run_id: UUID | None
    task_run: _ReportedTaskRun
    state: State

    @property
    def key(self) -> tuple[UUID | None, str, str]:
        """What makes it the same task run under another id."""
        return self.flow_run_id, self.task_run.task_key, self.task_run.dynamic_key

    def values(self) -> dict[str, Any]:
        """The columns of the task run, but its id and its flow run."""
        values = {name: getattr(self.task_run, name) for name in type(self.task_run).model_fields}
        return values | {
            "state_id": self.state.id,
            "state_type": self.state.type,
            "state_name": self.state.name,
            "state_timestamp": self.state.timestamp,
            "state_message": self.state.message,
            "state_details": self.state.state_details,
            "state_data": self.state.data,
        }


class _TaskRuns:
    """The rows that reports are about, by id and by what else makes them the same."""

    def __init__(self, rows: Iterable[orm_models.TaskRun]) -> None:
        self._by_id = {row.id: row for row in rows}
        self._by_key = {(row.flow_run_id, row.task_key, row.dynamic_key): row for row in self._by_id.values()}

    def of(self, report: _Report) -> orm_models.TaskRun | None:
        """Return the row of a report."""
        return self._by_id.get(report.task_run_id) or self._by_key.get(report.key)


@db_injector
async def record_task_run_reports(db: DBInterface, session: AsyncSession, events: Sequence[Event]) -> int:
    """Write down the task runs that events report; other events, and broken reports, are passed over.

    A report about a flow run that does not exist is passed over as well.

    Returns:
        How many reports were written down.
    """
    reports = [report for event in events if (report := _read_report(event)) is not None]
    if not reports:
        return 0
    reports = await _of_known_flow_runs(db, session, reports)
    if not reports:
        return 0
    newest = _newest_of_each(reports)
    await session.execute(
        db.dialect.insert_or_ignore(db.TaskRun),
        [
            {"id": one.task_run_id, "flow_run_id": one.flow_run_id, **one.values()}
            for one in sorted(newest, key=attrgetter("task_run_id"))
        ],
    )
    rows = _TaskRuns(await _lock_task_runs(db, session, newest))
    for report in newest:
        _bring_up_to_date(rows.of(report), report)
    await session.flush()
    history = list(_history(reports, rows))
    if history:
        await session.execute(db.dialect.insert_or_ignore(db.TaskRunState), history)
    return len(history)


def _read_report(event: Event) -> _Report | None:
    resource = event.resource
    if not event.event.startswith(NAME_PREFIX) or resource.get(ORCHESTRATION) != "client":
        return None
    try:
        task_run_id = UUID(event.resource_id.removeprefix(RESOURCE_PREFIX))
        flow_run_id = next(
            (
                UUID(labels[RESOURCE_ID].removeprefix(FLOW_RUN_PREFIX))
                for labels in event.related
                if labels[RESOURCE_ROLE] == "flow-run"
            ),
            None,
        )
        task_run = _ReportedTaskRun.model_validate(event.payload.get("task_run"))
        reported = _ReportedState.model_validate(event.payload.get("validated_state"))
    except (ValidationError, ValueError) as error:
        logger.warning("Event %s reports no task run that can be read: %s", event.id, error)
        return None
    details = {"task_run_id": task_run_id, "flow_run_id": flow_run_id}
    unpersisted = isinstance(reported.data, dict) and reported.data.get("type") == "unpersisted"
    state = State(
        id=event.id,
        type=reported.type,
        name=reported.name,
        timestamp=event.occurred,
        message=reported.message,
        state_details=reported.state_details.model_copy(update=details),
        data=None if unpersisted else reported.data,
    )
    return _Report(task_run_id, flow_run_id, task_run, state)


async def _of_known_flow_runs(
    db: DBInterface, session: AsyncSession, reports: list[_Report]
) -> list[_Report]:
    """Return the reports of flow runs that exist; these are kept from being deleted meanwhile."""
    asked = {report.flow_run_id for report in reports if report.flow_run_id is not None}
    known = set(
        await session.scalars(
            sa.select(db.FlowRun.id)
            .where(db.FlowRun.id.in_(asked))
            .order_by(db.FlowRun.id)
            .with_for_update(read=True, key_share=True)
        )
    )
    unknown = asked - known
    if unknown:
        logger.info("Task runs of flow runs that do not exist are passed over: %s", sorted(unknown)[:10])
    return [one for one in reports if one.flow_run_id is None or one.flow_run_id in known]


def _newest_of_each(reports: Iterable[_Report]) -> list[_Report]:
    newest: dict[Any, _Report] = {}
    for report in sorted(reports, key=lambda one: (one.state.timestamp, one.state.id)):
        newest[report.task_run_id if report.flow_run_id is None else report.key] = report
    return list(newest.values())


async def _lock_task_runs(
    db: DBInterface, session: AsyncSession, reports: Sequence[_Report]
) -> Sequence[orm_models.TaskRun]:
    row = db.TaskRun
    keys = [report.key for report in reports if report.flow_run_id is not None]
    same: sa.ColumnElement[bool] = row.id.in_([report.task_run_id for report in reports])
    if keys:
        key = sa.tuple_(row.flow_run_id, row.task_key, row.dynamic_key)
        # the flow runs alone as well: SQLite finds no index for the keys
        of_flow_runs = row.flow_run_id.in_(sorted({report.flow_run_id for report in reports} - {None}))
        same = sa.or_(same, sa.and_(of_flow_runs, key.in_(keys)))
    return (
        await session.scalars(
            sa.select(row)
            .where(same)
            .order_by(row.id)
            .with_for_update(key_share=True)
            .execution_options(populate_existing=True)
        )
    ).all()


def _bring_up_to_date(row: orm_models.TaskRun | None, report: _Report) -> None:
    if row is None:
        return
    if row.state_timestamp is not None and row.state_timestamp >= report.state.timestamp:
        return
    for name, value in report.values().items():
        if name not in ("task_key", "dynamic_key"):
            setattr(row, name, value)


def _history(reports: Iterable[_Report], rows: _TaskRuns) -> Iterable[dict[str, Any]]:
    for report in reports:
        row = rows.of(report)
        if row is None:
            continue
        state = report.state
        yield {
            "id": state.id,
            "task_run_id": row.id,
            "type": state.type,
            "name": state.name,
            "timestamp": state.timestamp,
            "message": state.message,
            "state_details": state.state_details.model_copy(update={"task_run_id": row.id}),
            "data": state.data,
        }
