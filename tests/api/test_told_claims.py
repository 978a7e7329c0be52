"""A claim tells of a run what the schema tells of its row, whatever is stored."""

from typing import Any
from uuid import UUID

from hypothesis import HealthCheck, given, settings

from penstock.core.clock import utc_now
from penstock.schemas.responses import ClaimedFlowRun, FlowRunResponse
from penstock.server.database.orm_models import FlowRun
from tests.api.driver import Api
from tests.support.factories import unique
from tests.support.stored_runs import COLUMNS

RECKONED = ("estimated_start_time_delta", "estimated_run_time")
"""They grow between the two questions."""


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(columns=COLUMNS)
async def test_a_claim_tells_what_the_schema_tells(api: Api, columns: dict[str, Any]) -> None:
    name = unique("pool")
    pool = await api.create_pool(name)
    run_id = UUID(str(await api.add_run(pool["default_queue_id"])))
    async with api.db.session_context(begin_transaction=True) as session:
        run = await session.get_one(FlowRun, run_id)
        for column, value in columns.items():
            setattr(run, column, value)
        # a moment without microseconds is written with them
        run.next_scheduled_start_time = utc_now().replace(microsecond=0)

    [claimed] = await api.post(f"work_pools/{name}/claim", {"worker_name": "w"})

    async with api.db.session_context() as session:
        row = await session.get_one(FlowRun, run_id)
        expected = FlowRunResponse.from_row(row, work_pool_id=UUID(pool["id"]), work_pool_name=name)
    wanted, told = expected.model_dump(mode="json"), claimed["flow_run"]
    assert told.keys() == wanted.keys()
    assert all(0 <= wanted[name] - told[name] < 60 for name in RECKONED)
    own = (*RECKONED, "updated")
    assert {name: told[name] for name in told if told[name] != wanted[name] and name not in own} == {}
    assert claimed.keys() == ClaimedFlowRun.model_fields.keys()
    assert (claimed["work_pool_id"], claimed["work_queue_id"]) == (pool["id"], pool["default_queue_id"])
    assert claimed["attempt"] == wanted["attempt"] == 1
