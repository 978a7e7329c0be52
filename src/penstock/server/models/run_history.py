"""Runs over time: how many were meant to start in each interval, and how they fare (2.7)."""

from collections import defaultdict
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from penstock.core.moments import moved
from penstock.core.states import StateType
from penstock.schemas.responses import HistoryResponse, HistoryResponseState
from penstock.server.database import DBInterface, db_injector
from penstock.server.database.expressions import database_now, epoch_microseconds
from penstock.server.database.orm_models import FlowRun, TaskRun
from penstock.server.database.states import in_states, is_terminal

MOST_INTERVALS = 500
EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")
MICROSECOND = timedelta(microseconds=1)


@db_injector
async def read_run_history(
    db: DBInterface,
    session: AsyncSession,
    table: type[FlowRun] | type[TaskRun],
    criteria: sa.ColumnElement[bool],
    start: datetime,
    end: datetime,
    interval: timedelta,
) -> list[HistoryResponse]:
    """Count the runs that match by the interval they were meant to start in, and by state.

    Intervals begin at ``start`` and are half-open; the last one reaches to or beyond ``end``.
    At most 500 are returned, empty ones included. Times of running and lateness are seconds.
    """
    number = min(-(-(end - start) // interval), MOST_INTERVALS)
    bounds = [moved(start, index * interval) for index in range(number + 1)]
    counted: dict[int, list[HistoryResponseState]] = defaultdict(list)
    if number > 0:
        statement = _statement(table, criteria, bounds[0], bounds[-1], interval)
        for index, state in _rows((await session.execute(statement)).all()):
            counted[index].append(state)
    return [
        HistoryResponse(interval_start=bounds[index], interval_end=bounds[index + 1], states=counted[index])
        for index in range(number)
    ]


def _statement(
    table: type[FlowRun] | type[TaskRun],
    criteria: sa.ColumnElement[bool],
    start: datetime,
    end: datetime,
    interval: timedelta,
) -> sa.Select[int, StateType | None, str | None, int, float, float]:
    since_start = epoch_microseconds(table.expected_start_time) - sa.literal(
        (start - EPOCH) // MICROSECOND, sa.BigInteger()
    )
    index = since_start // sa.literal(interval // MICROSECOND, sa.BigInteger())
    return (
        sa.select(
            index.label("interval"),
            table.state_type,
            table.state_name,
            sa.func.count(),
            sa.func.sum(_run_time(table)),
            sa.func.sum(_lateness(table)),
        )
        .where(criteria, table.expected_start_time >= start, table.expected_start_time < end)
        .group_by(sa.literal_column("1"), table.state_type, table.state_name)
        .order_by(sa.literal_column("1"), table.state_type, table.state_name)
    )


def _rows(rows: Any) -> list[tuple[int, HistoryResponseState]]:
    return [
        (
            int(index),
            HistoryResponseState(
                state_type=state_type,
                state_name=state_name,
                count_runs=count,
                sum_estimated_run_time=float(run_time or 0.0),
                sum_estimated_lateness=float(lateness or 0.0),
            ),
        )
        for index, state_type, state_name, count, run_time, lateness in rows
    ]


def _seconds(later: Any, earlier: Any) -> sa.ColumnElement[float]:
    microseconds = epoch_microseconds(later) - epoch_microseconds(earlier)
    return sa.cast(microseconds, sa.Double()) * sa.literal_column("0.000001", sa.Double())


def _run_time(table: type[FlowRun] | type[TaskRun]) -> sa.ColumnElement[float]:
    running = in_states(table.state_type, [StateType.RUNNING])
    since = _seconds(database_now(), table.state_timestamp)
    return table.total_run_time + sa.case((sa.and_(running, since > 0), since), else_=0.0)


def _lateness(table: type[FlowRun] | type[TaskRun]) -> sa.ColumnElement[float]:
    """How late each run started, or is by now; as ``schemas.run_times`` reckons it."""
    late = sa.case(
        (table.start_time.is_not(None), _seconds(table.start_time, table.expected_start_time)),
        (is_terminal(table.state_type), 0.0),
        else_=_seconds(database_now(), table.expected_start_time),
    )
    return sa.case((late > 0, late), else_=0.0)


@db_injector
async def read_average_lateness(
    db: DBInterface,
    session: AsyncSession,
    table: type[FlowRun] | type[TaskRun],
    criteria: sa.ColumnElement[bool],
) -> float | None:
    """Return by how many seconds the runs that match are late on average; None without runs."""
    average = await session.scalar(
        sa.select(sa.func.avg(sa.func.coalesce(_lateness(table), 0.0))).select_from(table).where(criteria)
    )
    return None if average is None else float(average)
