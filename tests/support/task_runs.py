"""Short ways to set a scene with task runs."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from penstock.schemas.actions import TaskRunCreate
from penstock.schemas.responses import OrchestrationResult
from penstock.schemas.states import State
from penstock.server.database.orm_models import FlowRun, TaskRun, TaskRunState
from penstock.server.models import task_run_states, task_runs
from penstock.server.orchestration import set_task_run_state
from tests.support.factories import unique


async def make_task_run(
    session: AsyncSession, flow_run: FlowRun | None = None, state: State | None = None, **fields: Any
) -> TaskRun:
    """Create a task run, brought by force into the state that is given."""
    wanted = TaskRunCreate(
        flow_run_id=flow_run.id if flow_run else None,
        **{"name": unique("task"), "task_key": "task", "dynamic_key": unique("key")} | fields,
    )
    row, _ = await task_runs.create_task_run(session=session, task_run=wanted)
    if state is not None:
        await propose_for_task(session, row, state, force=True)
    return row


async def propose_for_task(
    session: AsyncSession, task_run: TaskRun, state: State, *, force: bool = False
) -> OrchestrationResult:
    """Propose a state for a task run."""
    return await set_task_run_state(session=session, task_run_id=task_run.id, state=state, force=force)


async def task_history(session: AsyncSession, task_run: TaskRun) -> list[TaskRunState]:
    """Read the states of a task run, the oldest first."""
    return list(await task_run_states.read_task_run_states(session=session, task_run_id=task_run.id))
