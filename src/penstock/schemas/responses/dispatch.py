"""Runs handed to workers."""

from uuid import UUID

from penstock.core.states import StateType
from penstock.schemas.core.flow_runs import FlowRun
from penstock.schemas.foundations import WireModel
from penstock.schemas.responses.flow_runs import FlowRunResponse
from penstock.schemas.timestamps import Timestamp


class WorkerFlowRunResponse(WireModel):
    """A run that a poll found due; its ``state`` is never told (workers.md 2.4)."""

    work_pool_id: UUID
    work_queue_id: UUID
    flow_run: FlowRun


class ClaimedFlowRun(WireModel):
    """A run that is PENDING for the worker that claimed it, as its ``attempt``, under a lease.

    The worker renews the lease about every ``renewal_seconds``; ``lease_seconds`` after its last
    renewal the run may be given to another worker, and the job has to be ended by then. The claim had
    waited for ``waited_seconds`` when the first lease began.
    """

    work_pool_id: UUID
    work_queue_id: UUID
    flow_run: FlowRunResponse
    attempt: int
    lease_seconds: float
    renewal_seconds: float
    waited_seconds: float = 0.0


class AttemptStanding(WireModel):
    """How a run stands that a worker holds or held; ``is_yours`` False: end its job.

    ``attempt`` is the current attempt, or the last one; None for a run that does not exist any more.
    ``lease_expires_at`` is when it is given away if its holder is not heard of; it moves with renewals.
    """

    flow_run_id: UUID
    is_yours: bool
    attempt: int | None = None
    state_type: StateType | None = None
    state_name: str | None = None
    lease_expires_at: Timestamp | None = None
    reason: str | None = None


class RenewedAttempts(WireModel):
    """The answer to a renewal: how each run stands that the worker named.

    ``unlisted`` are attempts that the worker's name holds and that the worker did not name.
    ``is_draining``: the worker is given no more runs. ``grace_seconds`` after the lease a run is given
    away: by then the job has to be gone.
    """

    lease_seconds: float
    grace_seconds: float
    renewal_seconds: float
    is_draining: bool
    attempts: list[AttemptStanding]
    unlisted: list[AttemptStanding]
