"""A proposed change of state, as the rules see it."""

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from penstock.core.states import SLOT_STATES, StateType
from penstock.schemas.states import State
from penstock.server.database.orm_models import FlowRun
from penstock.server.events.run_context import RunContext

IN_PROCESS = "in_process"


@dataclass(frozen=True, slots=True)
class Limits:
    """The pauses and limits that stand over a run, as read with it; None is unlimited."""

    work_queue_paused: bool = False
    work_pool_paused: bool = False
    work_queue_limit: int | None = None
    work_pool_limit: int | None = None


@dataclass(slots=True)
class Transition:
    """The run (its row is locked), where it comes from and where it is to go.

    A rule may change ``proposed`` and note changes of the run's policy; both take effect only
    when a state is written.
    """

    session: AsyncSession
    flow_run: FlowRun
    initial: State | None
    proposed: State
    context: RunContext
    limits: Limits
    policy_changes: dict[str, Any] = field(default_factory=dict)

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
    def takes_slot(self) -> bool:
        """True when the run occupies no slot now and would occupy one then."""
        if self.proposed.type not in SLOT_STATES or self.initial_type in SLOT_STATES:
            return False
        return not self.retries_in_process
