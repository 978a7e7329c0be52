"""The one door for a change of a task run's state on request (orchestration.md 1.11)."""

from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from penstock import schemas
from penstock.core.errors import ObjectNotFoundError
from penstock.core.states import StateType
from penstock.schemas.responses import OrchestrationResult
from penstock.schemas.states import State
from penstock.server.database import DBInterface, db_injector
from penstock.server.database.orm_models import FlowRun, TaskRun
from penstock.server.models.task_run_states import cache_state, write_task_run_state
from penstock.server.orchestration.entries import judge
from penstock.server.orchestration.results import result_of
from penstock.server.orchestration.task_policy import TASK_RUN_POLICY
from penstock.server.orchestration.task_rules import tag_limits
from penstock.server.orchestration.task_transition import FlowRunFacts, TaskTransition
from penstock.server.orchestration.verdicts import Reject

_LOCK_TASK_RUN = (
    sa.select(TaskRun, FlowRun)
    .outerjoin(FlowRun, FlowRun.id == TaskRun.flow_run_id)
    .where(TaskRun.id == sa.bindparam("task_run_id", type_=sa.Uuid()))
    .with_for_update(of=TaskRun, key_share=True)
    .execution_options(populate_existing=True)
)
"""A task run with its flow run; the task run's row is locked until the transaction ends."""


@db_injector
async def set_task_run_state(
    db: DBInterface,
    session: AsyncSession,
    task_run_id: UUID,
    state: schemas.states.State,
    force: bool = False,
) -> OrchestrationResult:
    """Propose a state for a task run; the rules accept, replace, refuse or put it off.

    The task run's row is locked until the transaction ends.

    Args:
        state: the proposed state; its id and time become those of the history.
        force: write the state without asking the rules.

    Raises:
        ObjectNotFoundError: there is no such task run.
    """
    transition = await _read_transition(session, task_run_id, state)
    verdict = None if force else await judge(TASK_RUN_POLICY, transition)
    if verdict is None:
        return result_of(None, await _write(transition, transition.proposed))
    present = transition.initial
    if isinstance(verdict, Reject) and verdict.instead is not None:
        present = await _write(transition, verdict.instead)
    return result_of(verdict, present)


async def _read_transition(session: AsyncSession, task_run_id: UUID, state: State) -> TaskTransition:
    row = (await session.execute(_LOCK_TASK_RUN, {"task_run_id": task_run_id})).one_or_none()
    if row is None:
        raise ObjectNotFoundError("Task run", task_run_id)
    task_run, flow_run = row
    facts = None
    if flow_run is not None:
        facts = FlowRunFacts(id=flow_run.id, state=flow_run.state, run_count=flow_run.run_count)
    return TaskTransition(
        session=session, task_run=task_run, initial=task_run.state, proposed=state, flow_run=facts
    )


async def _write(transition: TaskTransition, state: State) -> State:
    task_run, flow_run = transition.task_run, transition.flow_run
    await tag_limits.free_slots(transition, state)
    if transition.counts_tries_anew:
        task_run.run_count = 0
    if state.type is StateType.RUNNING and flow_run is not None:
        task_run.flow_run_run_count = flow_run.run_count
    written = write_task_run_state(transition.session, task_run, state)
    if written.type is StateType.COMPLETED and written.name != "Cached":
        await cache_state(transition.session, written)
    await transition.session.flush()
    return written
