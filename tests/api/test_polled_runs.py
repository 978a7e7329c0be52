"""A poll tells of a run what the model function tells of it, whatever is stored."""

from typing import Any
from uuid import UUID

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from penstock.core.clock import utc_now
from penstock.schemas.core import CreatedBy, FlowRunPolicy
from penstock.server.database.orm_models import FlowRun
from penstock.server.models import workers
from tests.api.driver import Api, ago
from tests.support.factories import unique

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8)
EXACT = 2**53
"""Beyond it PostgreSQL keeps a float in digits that another reader rounds to the same float."""

NUMBERS = st.integers(-EXACT, EXACT) | st.floats(-EXACT, EXACT, width=32)
JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)
OBJECTS = st.dictionaries(TEXTS, JSON, max_size=4)
MOMENTS = st.datetimes().map(lambda moment: moment.replace(tzinfo=utc_now().tzinfo))
COLUMNS = st.fixed_dictionaries(
    {},
    optional={
        "parameters": OBJECTS,
        "context": OBJECTS,
        "job_variables": st.none() | OBJECTS,
        "labels": st.dictionaries(TEXTS, st.booleans() | st.integers(-9, 9) | TEXTS, max_size=3),
        "tags": st.lists(TEXTS, max_size=3),
        "created_by": st.none() | st.builds(CreatedBy, id=st.uuids(), type=st.just("DEPLOYMENT")),
        "empirical_policy": st.builds(FlowRunPolicy, retries=st.none() | st.integers(0, 3)),
        "deployment_version": st.none() | TEXTS,
        "flow_version": st.none() | TEXTS,
        "infrastructure_pid": st.none() | TEXTS,
        "infrastructure_document_id": st.none() | st.uuids(),
        "expected_start_time": st.none() | MOMENTS,
        "start_time": st.none() | MOMENTS,
        "end_time": st.none() | MOMENTS,
        "run_count": st.integers(0, 9),
        "total_run_time": st.floats(0, 1e6),
        "auto_scheduled": st.booleans(),
    },
)
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
