"""Routes of task runs (orchestration.md 2.7)."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Response
from pydantic import TypeAdapter

from penstock.core.clock import utc_now
from penstock.core.slices import make_each
from penstock.schemas.actions import StateCreate, TaskRunCreate, TaskRunUpdate
from penstock.schemas.core import TaskRun
from penstock.schemas.lists import list_of
from penstock.schemas.responses import (
    HistoryResponse,
    OrchestrationResult,
    TaskRunPaginationResponse,
    count_pages,
)
from penstock.schemas.sorting import TaskRunSort
from penstock.schemas.timestamps import Timestamp
from penstock.server import orchestration
from penstock.server.api.dependencies import Database
from penstock.server.api.errors import not_found
from penstock.server.api.flow_run_history import HISTORY, Interval
from penstock.server.api.json_answers import json_answer, no_content
from penstock.server.api.json_requests import JsonRoute
from penstock.server.api.paging import Limit, Offset, Page
from penstock.server.api.related_filters import Filters
from penstock.server.database.filters import task_run_criteria
from penstock.server.models import run_history, task_runs

router = APIRouter(prefix="/task_runs", tags=["Task runs"], route_class=JsonRoute)

TASK_RUN = TypeAdapter(TaskRun)
TASK_RUNS = list_of(TaskRun)
PAGE_OF_TASK_RUNS = TypeAdapter(TaskRunPaginationResponse)
COUNT = TypeAdapter(int)
RESULT = TypeAdapter(OrchestrationResult)

Sort = Annotated[TaskRunSort | None, Body()]


@router.post("/", status_code=201, response_model=TaskRun)
async def create_task_run(task_run: TaskRunCreate, db: Database) -> Response:
    """Create a task run (201), or return the one of that flow run and keys unchanged (200)."""
    async with db.session_context(begin_transaction=True) as session:
        row, is_new = await task_runs.create_task_run(session=session, task_run=task_run)
    return json_answer(TASK_RUN, TaskRun.from_row(row), status_code=201 if is_new else 200)


@router.get("/{task_run_id:uuid}", response_model=TaskRun)
async def read_task_run(task_run_id: UUID, db: Database) -> Response:
    """Read a task run by id."""
    async with db.session_context() as session:
        row = await task_runs.read_task_run(session=session, task_run_id=task_run_id)
    if row is None:
        not_found("Task run not found")
    return json_answer(TASK_RUN, TaskRun.from_row(row))


@router.post("/filter", response_model=list[TaskRun])
async def read_task_runs(
    filters: Filters, limit: Limit, offset: Offset, db: Database, sort: Sort = TaskRunSort.ID_DESC
) -> Response:
    """Read task runs, the newest first unless asked otherwise."""
    async with db.listing_context() as session:
        rows = await task_runs.read_task_runs(
            session=session,
            task_run_filter=filters.task_runs,
            relations=filters.of_task_runs(),
            sort=sort or TaskRunSort.ID_DESC,
            offset=offset,
            limit=limit,
        )
        answer = await make_each(TaskRun.from_row, rows)
    return json_answer(TASK_RUNS, answer)


@router.post("/paginate", response_model=TaskRunPaginationResponse)
async def read_page_of_task_runs(
    filters: Filters, limit: Limit, page: Page, db: Database, sort: Sort = TaskRunSort.ID_DESC
) -> Response:
    """Read one numbered page of task runs, and how many there are."""
    async with db.listing_context() as session:
        rows = await task_runs.read_task_runs(
            session=session,
            task_run_filter=filters.task_runs,
            relations=filters.of_task_runs(),
            sort=sort or TaskRunSort.ID_DESC,
            offset=(page - 1) * limit,
            limit=limit,
        )
        count = await task_runs.count_task_runs(
            session=session, task_run_filter=filters.task_runs, relations=filters.of_task_runs()
        )
        results = await make_each(TaskRun.from_row, rows)
    answer = TaskRunPaginationResponse(
        results=results, count=count, limit=limit, pages=count_pages(count, limit), page=page
    )
    return json_answer(PAGE_OF_TASK_RUNS, answer)


@router.post("/count", response_model=int)
async def count_task_runs(filters: Filters, db: Database) -> Response:
    """Count task runs."""
    async with db.session_context() as session:
        count = await task_runs.count_task_runs(
            session=session, task_run_filter=filters.task_runs, relations=filters.of_task_runs()
        )
    return json_answer(COUNT, count)


@router.post("/history", response_model=list[HistoryResponse])
async def read_task_run_history(
    history_start: Annotated[Timestamp, Body()],
    history_end: Annotated[Timestamp, Body()],
    history_interval_seconds: Annotated[Interval, Body(description="Seconds, at least 1.")],
    filters: Filters,
    db: Database,
) -> Response:
    """Count task runs by when they were meant to start and by state; at most 500 intervals."""
    async with db.session_context() as session:
        history = await run_history.read_run_history(
            session=session,
            table=db.TaskRun,
            criteria=task_run_criteria(filters.task_runs, filters.of_task_runs()),
            start=history_start,
            end=history_end,
            interval=history_interval_seconds,
        )
    return json_answer(HISTORY, history)


@router.patch("/{task_run_id:uuid}", status_code=204)
async def update_task_run(task_run_id: UUID, task_run: TaskRunUpdate, db: Database) -> Response:
    """Change the fields that are present in the body."""
    async with db.session_context(begin_transaction=True) as session:
        updated = await task_runs.update_task_run(session=session, task_run_id=task_run_id, task_run=task_run)
    if not updated:
        not_found("Task run not found")
    return no_content()


@router.delete("/{task_run_id:uuid}", status_code=204)
async def delete_task_run(task_run_id: UUID, db: Database) -> Response:
    """Delete a task run with its history."""
    async with db.session_context(begin_transaction=True) as session:
        deleted = await task_runs.delete_task_run(session=session, task_run_id=task_run_id)
    if not deleted:
        not_found("Task run not found")
    return no_content()


@router.post("/{task_run_id:uuid}/set_state", status_code=201, response_model=OrchestrationResult)
async def set_task_run_state(
    task_run_id: UUID,
    state: Annotated[StateCreate, Body()],
    db: Database,
    force: Annotated[
        bool | None, Body(description="Write the state without asking the rules of orchestration.")
    ] = False,
) -> Response:
    """Propose a state. 201 when a state was written, 200 when the task run stays as it was."""
    asked_at = utc_now()
    async with db.session_context(begin_transaction=True) as session:
        result = await orchestration.set_task_run_state(
            session=session, task_run_id=task_run_id, state=state.to_state(), force=bool(force)
        )
    is_written = result.state is not None and result.state.timestamp >= asked_at
    return json_answer(RESULT, result, status_code=201 if is_written else 200)
