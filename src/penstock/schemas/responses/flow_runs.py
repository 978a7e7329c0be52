"""Flow runs as answered."""

from datetime import datetime
from operator import attrgetter
from typing import Any, Self
from uuid import UUID

from penstock.core.clock import utc_now
from penstock.schemas.core.flow_runs import FlowRunCourse, FlowRunIdentity, stored_values
from penstock.schemas.states import State
from penstock.schemas.timestamps import Timestamp

_ATTEMPT_FIELDS = ("attempt", "worker_name", "lease_expires_at", "infra_failures")


class FlowRunRoute(FlowRunIdentity):
    """Which run this is, and its queue."""

    work_queue_id: UUID | None = None


class FlowRunResponse(FlowRunCourse, FlowRunRoute):
    """A run with its present state, the pool of its queue and its attempt. Durations are seconds.

    ``worker_name`` holds the run as its ``attempt`` until ``lease_expires_at``, or held it last;
    ``infra_failures`` counts attempts that ended without a word.
    """

    work_pool_id: UUID | None = None
    work_pool_name: str | None = None
    state: State | None = None
    job_variables: dict[str, Any] | None = None
    attempt: int = 0
    worker_name: str | None = None
    lease_expires_at: Timestamp | None = None
    infra_failures: int = 0

    @classmethod
    def from_row(
        cls,
        row: Any,
        *,
        work_pool_id: UUID | None = None,
        work_pool_name: str | None = None,
        now: datetime | None = None,
    ) -> Self:
        """Return a row of the run table with its state, and times reckoned at ``now``."""
        return cls.model_validate(response_values(row, work_pool_id, work_pool_name, now or utc_now()))


_read_attempt = attrgetter(*_ATTEMPT_FIELDS)


def response_values(
    row: Any, work_pool_id: UUID | None, work_pool_name: str | None, now: datetime
) -> dict[str, Any]:
    """Return the fields of a response about a row of the run table, as ``FlowRunResponse.from_row``."""
    values = stored_values(row, now)
    values["state"] = row.state
    values |= zip(_ATTEMPT_FIELDS, _read_attempt(row), strict=True)
    values["work_pool_id"] = work_pool_id
    values["work_pool_name"] = work_pool_name
    return values
