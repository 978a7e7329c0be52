"""Task runs are mostly asked for by the ids of their flow runs."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from penstock.schemas.filters import FlowRunFilter
from penstock.server.database import DBInterface
from penstock.server.database.filters import TaskRunRelations
from penstock.server.models import task_runs
from tests.support.factories import make_run
from tests.support.task_runs import make_task_run
from tests.support.watching import watched


async def found(session: AsyncSession, **flow_runs: Any) -> set[UUID | None]:
    relations = TaskRunRelations(flow_runs=FlowRunFilter.model_validate(flow_runs))
    rows = await task_runs.read_task_runs(session=session, relations=relations, limit=10)
    return {row.flow_run_id for row in rows}


async def test_other_conditions_on_the_flow_runs_hold_too(session: AsyncSession) -> None:
    first, second = [await make_run(session, name=name) for name in ("first", "second")]
    for run in (first, second):
        await make_task_run(session, run)
    both = {"id": {"any_": [first.id, second.id]}}
    one, by_name = {"id": {"any_": [first.id]}}, {"name": {"any_": ["second"]}}

    assert await found(session, **both) == {first.id, second.id}
    assert await found(session, **both, **by_name) == {second.id}
    assert await found(session, **one, **by_name) == set()
    assert await found(session, **one, **by_name, operator="or_") == {first.id, second.id}
    assert await found(session, id={"any_": []}) == set()


@pytest.mark.only_on("sqlite", reason="PostgreSQL reads a table as small as this one as a whole")
async def test_task_runs_of_other_flow_runs_are_not_looked_at(db: DBInterface, session: AsyncSession) -> None:
    run = await make_run(session)
    await make_task_run(session, run)
    async with watched(db) as watch:
        assert await found(session, id={"any_": [run.id]}) == {run.id}
        relations = TaskRunRelations(flow_runs=FlowRunFilter.model_validate({"id": {"any_": [run.id]}}))
        assert await task_runs.count_task_runs(session=session, relations=relations) == 1
    assert [plan.scans for plan in watch.plans] == [set(), set()], [str(plan) for plan in watch.plans]
