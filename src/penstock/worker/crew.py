"""All runs on this worker at this moment."""

import asyncio
from uuid import UUID

import structlog

from penstock.worker.execution import Execution
from penstock.worker.held_run import HeldRun, Verdict
from penstock.worker.slots import LocalSlots

log = structlog.get_logger()


class Crew:
    """Carries out runs side by side, each in a task and a slot of its own."""

    def __init__(self, slots: LocalSlots) -> None:
        self.cut_short = 0
        self._slots = slots
        self._executions: dict[UUID, Execution] = {}
        self._tasks: dict[UUID, asyncio.Task[None]] = {}

    def start(self, execution: Execution) -> None:
        """Carry out a run. When the same run is still here from before, that is ended first."""
        run_id = execution.held.run.id
        self._slots.take()
        before = self._tasks.get(run_id)
        if before is not None:
            self._executions[run_id].held.let_go()
        task = asyncio.create_task(self._carry_out(execution, before), name=f"run {execution.held.run.name}")
        self._executions[run_id] = execution
        self._tasks[run_id] = task
        task.add_done_callback(lambda _: self._forget(run_id, execution, task))

    @property
    def executions(self) -> dict[UUID, Execution]:
        """The executions by the ids of their runs, as they are now."""
        return dict(self._executions)

    @property
    def held_runs(self) -> dict[UUID, HeldRun]:
        """The runs, by their ids, that are still this worker's as far as it knows."""
        return {
            run_id: execution.held
            for run_id, execution in self._executions.items()
            if execution.held.verdict is not Verdict.LET_GO
        }

    async def until_all_ended(self) -> None:
        """Return when no run is left."""
        while self._tasks:
            await asyncio.wait(set(self._tasks.values()))

    async def abandon(self) -> None:
        """Kill the jobs that are still here without a word to the server; a proper stop leaves none."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _carry_out(self, execution: Execution, before: asyncio.Task[None] | None) -> None:
        if before is not None:
            await asyncio.wait({before})
        await execution.carry_out()

    def _forget(self, run_id: UUID, execution: Execution, task: asyncio.Task[None]) -> None:
        self._slots.release()
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("run %s was dropped by an error of the worker: %r", execution.held.run.name, error)
        self.cut_short += execution.was_cut_short
        if self._tasks.get(run_id) is task:
            del self._tasks[run_id], self._executions[run_id]
