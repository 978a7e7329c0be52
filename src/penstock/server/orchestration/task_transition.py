"""A proposed change of a task run's state, as the rules see it."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from penstock.core.clock import utc_now
from penstock.core.states import StateType
from penstock.schemas.states import State
from penstock.server.database.orm_models import TaskRun


@dataclass(frozen=True, slots=True)
class FlowRunFacts:
    """The flow run that a task run is part of."""

    id: UUID
    state: State | None
    run_count: int


@dataclass(slots=True)
class TaskTransition:
    """The task run (its row is locked), where it comes from and where it is to go.

    A rule may change ``proposed`` and note that the tries are counted anew; both take effect only
    when a state is written.
    """

    session: AsyncSession
    task_run: TaskRun
    initial: State | None
    proposed: State
    flow_run: FlowRunFacts | None
    counts_tries_anew: bool = False

    @property
    def initial_type(self) -> StateType | None:
        """The type of the present state; None for a task run without one."""
        return self.initial.type if self.initial is not None else None

    @property
    def now(self) -> datetime:
        """The time of this process: nobody but the process of its flow run waits for a task run."""
        return utc_now()

    @property
    def is_deferred(self) -> bool:
        """True for a task that a task worker runs in the background."""
        states = (self.initial, self.proposed)
        return any(state is not None and bool(state.state_details.deferred) for state in states)

    def rename(self, name: str) -> None:
        """Propose the state under another name."""
        self.proposed = self.proposed.model_copy(update={"name": name})
