"""What goes with a state beyond its type and name."""

from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator

from penstock.schemas.foundations import WireModel
from penstock.schemas.timestamps import Timestamp
from penstock.schemas.values import Text

LONGEST_CACHE_KEY_BYTES = 2600
"""What an index holds; that a key has at most 2000 characters is a rule of orchestration."""


def _refuse_unindexable(key: str) -> str:
    if len(key.encode(errors="replace")) > LONGEST_CACHE_KEY_BYTES:
        raise ValueError(f"A cache key may have at most {LONGEST_CACHE_KEY_BYTES} bytes as UTF-8.")
    return key


CacheKey = Annotated[Text, AfterValidator(_refuse_unindexable)]


class StateDetails(WireModel):
    """All optional; unknown keys are ignored, every field is echoed, nulls included."""

    flow_run_id: UUID | None = None
    task_run_id: UUID | None = None
    child_flow_run_id: UUID | None = None
    scheduled_time: Timestamp | None = None
    cache_key: CacheKey | None = None
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
