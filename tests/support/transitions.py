"""Proposing states, with what must hold of every answer checked on the way."""

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from penstock.schemas.states import (
    Cancelled,
    Cancelling,
    Completed,
    Crashed,
    Failed,
    Paused,
    Pending,
    Running,
    Scheduled,
    State,
)
from penstock.server.database.orm_models import FlowRun
from penstock.server.models import events
from tests.support.factories import history, propose

ALL_STATES = (Scheduled, Pending, Running, Completed, Failed, Cancelled, Crashed, Paused, Cancelling)
TERMINAL_STATES = (Completed, Failed, Cancelled, Crashed)


@dataclass(frozen=True)
class Answer:
    """The status, the names of the states that were written, the run's state now, and why."""

    status: str
    written: list[str]
    state: State | None
    reason: str | None = None
    delay_seconds: int | None = None

    @property
    def brief(self) -> tuple[str, list[str]]:
        """The status and the names of the states that were written."""
        return self.status, self.written


async def ask(session: AsyncSession, run: FlowRun, state: State, *, force: bool = False) -> Answer:
    """Propose a state for a run.

    Whatever the answer: it carries the run's present state, the newest of its history, and the
    history has one event for each state, with the state's id.
    """
    before = [one.id for one in await history(session, run)]
    result = await propose(session, run, state, force=force)
    states = await history(session, run)
    await session.refresh(run)
    assert [one.id for one in states][: len(before)] == before
    assert (result.state.id if result.state else None) == run.state_id
    assert result.state == run.state
    if states:
        assert states[-1].id == run.state_id
    recorded = await events.read_events(session=session, resource_id=f"prefect.flow-run.{run.id}")
    assert [event.id for event in recorded] == [one.id for one in states]
    details = result.details
    assert details.type == f"{result.status.lower()}_details"
    return Answer(
        status=str(result.status),
        written=[one.name for one in states[len(before) :]],
        state=result.state,
        reason=getattr(details, "reason", None),
        delay_seconds=getattr(details, "delay_seconds", None),
    )
