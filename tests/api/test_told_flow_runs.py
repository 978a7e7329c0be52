"""Routes tell of a run what the schema tells of its row, whatever is stored."""

from typing import Any
from uuid import UUID

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from penstock.schemas.responses import FlowRunResponse
from penstock.server.database.orm_models import FlowRun
from tests.api.driver import Api
from tests.support.factories import unique
from tests.support.stored_runs import COLUMNS, STATE_COLUMNS

RECKONED = ("estimated_start_time_delta", "estimated_run_time")
"""They grow between the two questions."""


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(columns=COLUMNS, state=STATE_COLUMNS, is_queued=st.booleans())
async def test_all_tell_the_same(
    api: Api, columns: dict[str, Any], state: dict[str, Any], is_queued: bool
) -> None:
    name = unique("pool")
    pool = await api.create_pool(name)
    run_id = UUID(str(await api.add_run(pool["default_queue_id"])))
    async with api.db.session_context(begin_transaction=True) as session:
        run = await session.get_one(FlowRun, run_id)
        for column, value in {**columns, **state}.items():
            setattr(run, column, value)
        if not is_queued:
            run.work_queue_id = None

    async with api.db.session_context() as session:
        pool_id, pool_name = (UUID(pool["id"]), name) if is_queued else (None, None)
        row = await session.get_one(FlowRun, run_id)
        expected = FlowRunResponse.from_row(row, work_pool_id=pool_id, work_pool_name=pool_name)
    wanted = expected.model_dump(mode="json")
    chosen = {"flow_runs": {"id": {"any_": [str(run_id)]}}}
    page = await api.post("flow_runs/paginate", chosen)
    listed = await api.post("flow_runs/filter", chosen)
    assert {key: page[key] for key in page if key != "results"} == {
        "count": 1,
        "limit": 200,
        "pages": 1,
        "page": 1,
    }
    for told in [await api.get(f"flow_runs/{run_id}"), *listed, *page["results"]]:
        assert list(told) == list(wanted)
        assert all(0 <= told[name] - wanted[name] < 60 for name in RECKONED)
        assert {
            name: told[name] for name in told if told[name] != wanted[name] and name not in RECKONED
        } == {}
    assert len(listed) == len(page["results"]) == 1
