"""What may be stored of a run, whoever wrote it."""

from hypothesis import strategies as st

from penstock.core.clock import utc_now
from penstock.schemas.core import CreatedBy, FlowRunPolicy
from penstock.schemas.states import StateDetails, StateType

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

DETAILS = st.builds(
    StateDetails,
    flow_run_id=st.none() | st.uuids(),
    scheduled_time=st.none() | MOMENTS,
    cache_key=st.none() | TEXTS,
    run_input_keyset=st.none() | st.dictionaries(TEXTS, TEXTS, max_size=2),
    retriable=st.none() | st.booleans(),
)
OF_ANOTHER_VERSION = st.sampled_from([{}, {"retriable": True, "unknown": 1}])
STATE_COLUMNS = st.fixed_dictionaries(
    {
        "state_id": st.none() | st.uuids(),
        "state_type": st.none() | st.sampled_from(StateType),
        "state_name": st.none() | TEXTS,
        "state_timestamp": st.none() | MOMENTS,
        "state_message": st.none() | TEXTS,
        "state_data": JSON,
        "state_details": st.none() | DETAILS | OF_ANOTHER_VERSION,
        "worker_name": st.none() | TEXTS,
        "attempt": st.integers(0, 9),
        "infra_failures": st.integers(0, 9),
    }
)
