"""A poll tells of a run what the model function tells of it, whatever is stored."""

from typing import Any
from uuid import UUID

from hypothesis import HealthCheck, given, settings

from penstock.server.database.orm_models import FlowRun
from penstock.server.models import workers
from tests.api.driver import Api, ago
from tests.support.factories import unique
from tests.support.stored_runs import COLUMNS

RECKONED = "estimated_start_time_delta"
"""Grows between the two questions."""


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(columns=COLUMNS)
async def test_both_tell_the_same(api: Api, columns: dict[str, Any]) -> None:
    name = unique("pool")
    pool = await api.create_pool(name)
    run_id = await api.add_run(pool["default_queue_id"], start=ago(hours=1))
    async with api.db.session_context(begin_transaction=True) as session:
        run = await session.get_one(FlowRun, UUID(str(run_id)))
        for column, value in columns.items():
            setattr(run, column, value)

    (polled,) = await api.post(f"work_pools/{name}/get_scheduled_flow_runs", {})
    async with api.db.session_context() as session:
        (read,) = await workers.get_scheduled_flow_runs(session=session, work_pool_ids=[UUID(pool["id"])])
    told = read.model_dump(mode="json")
    assert polled["flow_run"].pop(RECKONED) >= 0
    assert told["flow_run"].pop(RECKONED) >= 0
    assert polled == told
