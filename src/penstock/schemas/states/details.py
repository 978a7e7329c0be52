"""What goes with a state beyond its type and name."""

from uuid import UUID

from penstock.schemas.foundations import WireModel
from penstock.schemas.timestamps import Timestamp
from penstock.schemas.values import KeyText, Text


class StateDetails(WireModel):
    """All optional; unknown keys are ignored, every field is echoed, nulls included."""

    flow_run_id: UUID | None = None
    task_run_id: UUID | None = None
    child_flow_run_id: UUID | None = None
    scheduled_time: Timestamp | None = None
    cache_key: KeyText | None = None
    cache_expiration: Timestamp | None = None
    deferred: bool | None = False
    untrackable_result: bool = False
    pause_timeout: Timestamp | None = None
    pause_reschedule: bool = False
    pause_key: Text | None = None
    run_input_keyset: dict[Text, Text] | None = None
    refresh_cache: bool | None = None
    retriable: bool | None = None
    transition_id: UUID | None = None
    task_parameters_id: UUID | None = None
    traceparent: Text | None = None
    deployment_concurrency_lease_id: UUID | None = None
