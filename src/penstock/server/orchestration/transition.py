"""A proposed change of state, as the rules see it."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from penstock.core.attempts import DEFAULT_LEASE_TIMES, LeaseKind, LeaseTimes
from penstock.core.states import IN_PROCESS, QUEUE_HOLDER_STATES, SLOT_STATES, StateType
from penstock.schemas.states import State
from penstock.server.database.joint_writes import NewRow
from penstock.server.database.orm_models import FlowRun, TaskRun
from penstock.server.database.plain import SessionNeededError, Statements
from penstock.server.events.run_context import RunContext
from penstock.server.models.attempts.keeping import Holder
from penstock.server.models.concurrency_limits.deployment_limits import LEASE_SECONDS, DeploymentLimit
from penstock.server.models.concurrency_limits.deployment_slots import DeploymentSlots
from penstock.server.models.run_states import GatheredStates


@dataclass(frozen=True, slots=True)
class SpeakingProcess:
    """What a process that runs a flow says about the run it is.

    Without the run's own id it may be any run of that flow and deployment.
    """

    flow_run_id: UUID | None = None
    flow_id: UUID | None = None
    deployment_id: UUID | None = None

    def may_be(self, flow_run: FlowRun) -> bool:
        """Return whether it may be the process of this run."""
        if self.flow_run_id is not None:
            return self.flow_run_id == flow_run.id
        return (self.flow_id, self.deployment_id) == (flow_run.flow_id, flow_run.deployment_id)


@dataclass(frozen=True, slots=True)
class Proposer:
    """Who proposes a state, as far as he says.

    ``process``: a flow's process speaks, which the worker has started.
    ``attempt``: the attempt that a claiming worker was given. ``goes_on``: the transition ids of what he
    proposes for the run after this, in the same request.
    """

    worker_name: str | None = None
    process: SpeakingProcess | None = None
    attempt: int | None = None
    goes_on: frozenset[UUID] = frozenset()

    @property
    def is_process(self) -> bool:
        """Whether a process speaks, and not its worker."""
        return self.process is not None

    def about(self, flow_run: FlowRun) -> "Proposer":
        """Return who he is to this run: the process of another run is nobody here, as a user is."""
        if self.process is None or self.process.may_be(flow_run):
            return self
        return replace(self, worker_name=None, process=None)

    @property
    def lease_kind(self) -> LeaseKind:
        """How he is judged once he holds the run."""
        return LeaseKind.OBSERVED if self.attempt is None else LeaseKind.CLAIMED


NOBODY = Proposer()


@dataclass(frozen=True, slots=True)
class Limits:
    """The pauses and limits that stand over a run, as read with it; None is unlimited.

    ``worker_is_draining``: the worker that speaks is to be given no more runs of the pool. The use
    is what is occupied of the limits; None where it was not read with the run, nor counted since.
    """

    work_queue_paused: bool = False
    work_pool_paused: bool = False
    worker_is_draining: bool = False
    work_queue_limit: int | None = None
    work_pool_limit: int | None = None
    work_queue_use: int | None = None
    work_pool_use: int | None = None


@dataclass(slots=True)
class Transition:
    """The run, where it comes from and where it is to go.

    The run's row is locked, or it has a ``version`` (``joint_writes.version_of``), by which a change since
    then is noticed. It is read and written by ``statements``, in a transaction that is the session's
    unless ``in_session`` says that it is not; then the session is told what is announced, and nothing else.

    A rule may change ``proposed`` and note changes of the run's policy; both take effect only
    when a state is written. ``now`` is the database's time. ``lease_id`` is the lease of the
    run's deployment slot, if any. ``deployment_slots`` are those of its deployment, once they are
    locked, and ``parent`` is the task run that the run stands for, once that is. ``new_rows`` are written
    with the state. ``gathered`` is where a state is put instead of being written at once; only for what is
    about the run alone.
    """

    session: AsyncSession
    statements: Statements
    in_session: bool
    flow_run: FlowRun
    initial: State | None
    proposed: State
    context: RunContext
    limits: Limits
    now: datetime
    proposer: Proposer = Proposer()
    lease_times: LeaseTimes = DEFAULT_LEASE_TIMES
    deployment_limit: DeploymentLimit | None = None
    renews_leases: bool = False
    version: str | None = None
    gathered: GatheredStates | None = None
    policy_changes: dict[str, Any] = field(default_factory=dict)
    lease_id: UUID | None = field(init=False, default=None)
    deployment_slots: DeploymentSlots | None = field(init=False, default=None)
    parent: TaskRun | None = field(init=False, default=None)
    new_rows: list[NewRow] = field(init=False, default_factory=list)

    def __post_init__(self) -> None:
        """Find the lease the run may still hold; one named in a final state is history."""
        if self.initial is not None and self._has_process:
            self.lease_id = self.initial.state_details.deployment_concurrency_lease_id

    @property
    def own_session(self) -> AsyncSession:
        """The session whose transaction this is.

        Raises:
            SessionNeededError: it is none of a session.
        """
        if not self.in_session:
            raise SessionNeededError
        return self.session

    @property
    def initial_type(self) -> StateType | None:
        """The type of the present state; None for a run without one."""
        return self.initial.type if self.initial is not None else None

    @property
    def retries_in_process(self) -> bool:
        """True when the run waits inside its process, on its machine, for its next try."""
        waits = self.initial_type is StateType.SCHEDULED
        return waits and self.flow_run.empirical_policy.retry_type == IN_PROCESS

    @property
    def is_held(self) -> bool:
        """True while the run is in somebody's hands."""
        return self.flow_run.lease_kind is not None

    @property
    def holder(self) -> Holder:
        """Who takes the run by this transition, or is heard of about it."""
        proposer = self.proposer
        return Holder(self.now, proposer.lease_kind, proposer.worker_name, self.lease_times)

    @property
    def takes_slot(self) -> bool:
        """True when the run occupies no slot now and would occupy one then."""
        if self.proposed.type not in SLOT_STATES or self.initial_type in SLOT_STATES:
            return False
        return not self.retries_in_process

    @property
    def _has_process(self) -> bool:
        in_process = self.initial_type in QUEUE_HOLDER_STATES or self.retries_in_process
        return in_process or self.initial_type is StateType.PAUSED

    @property
    def takes_deployment_slot(self) -> bool:
        """True when the run holds no slot of its deployment now and would hold one then."""
        if self.proposed.type not in SLOT_STATES or self.initial_type in QUEUE_HOLDER_STATES:
            return False
        return not self.retries_in_process

    @property
    def is_about_the_run_alone(self) -> bool:
        """True when no slot, and no parent, has to change with the run."""
        has_lease = self.lease_id is not None or self.deployment_limit is not None
        has_parent = self.flow_run.parent_task_run_id is not None
        return not (has_lease or has_parent or self.takes_slot)

    @property
    def may_hold_deployment_slot(self) -> bool:
        """True when there may be a lease for the run, also one its state does not name."""
        return self._has_process and (self.lease_id is not None or self.deployment_limit is not None)

    @property
    def seconds_of_running_lease(self) -> float | None:
        """How long the lease of a running run lasts; None where its process does not renew it."""
        if not self.renews_leases:
            return None
        return self.deployment_limit.lease_seconds if self.deployment_limit else LEASE_SECONDS
