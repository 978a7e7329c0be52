"""A pool under random use, compared step by step with a small model of it."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import count, pairwise
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy.ext.asyncio import AsyncSession

from penstock.core.states import StateType
from penstock.schemas.actions import WorkPoolUpdate, WorkQueueUpdate
from penstock.schemas.states import Scheduled, State
from penstock.server.database import DBInterface
from penstock.server.database.orm_models import WorkPool, WorkQueue
from penstock.server.models import doctor, flow_run_states, workers
from penstock.server.orchestration import claim_flow_runs, set_flow_run_state
from tests.support import dispatch_oracle
from tests.support.databases import empty
from tests.support.factories import ago, make_pool, make_queue, make_run

SCHEDULED, PENDING, RUNNING = StateType.SCHEDULED, StateType.PENDING, StateType.RUNNING
ENDS = {StateType.COMPLETED, StateType.FAILED, StateType.CRASHED, StateType.CANCELLED}
HOLDING = {PENDING, RUNNING}
limits = st.none() | st.integers(0, 3)
# A queue or a run is picked by a number, however many there are.
picks = st.integers(0, 50)


@dataclass
class Lane:
    """The model of a queue."""

    id: UUID
    priority: int
    limit: int | None = None
    paused: bool = False


@dataclass
class Run:
    """The model of a run; one that had ended is without a lane when its queue is deleted."""

    id: UUID
    lane: Lane | None
    state: StateType
    start: datetime


class PoolMachine(RuleBasedStateMachine):
    """One pool with some queues. Runs have a deployment and no retries, and all are due."""

    def __init__(self, db: DBInterface, runner: asyncio.Runner) -> None:
        super().__init__()
        self.db = db
        self.runner = runner
        self.paused = False
        self.lanes: list[Lane] = []
        self.runs: list[Run] = []
        self.held_before = 0

    def write(self, work: Any) -> Any:
        """Do the work in a transaction of its own."""

        async def in_transaction() -> Any:
            async with self.db.session_context(begin_transaction=True) as session:
                return await work(session)

        return self.runner.run(in_transaction())

    # ── the model ─────────────────────────────────────────────────────────────────────────────────

    def held(self, lane: Lane | None = None) -> int:
        """Count the runs that hold slots of one lane, or of the pool."""
        holding = [run for run in self.runs if run.state in HOLDING and run.lane is not None]
        return sum(lane is None or run.lane is lane for run in holding)

    def is_full(self, lane: Lane) -> bool:
        uses = ((self.limit, self.held()), (lane.limit, self.held(lane)))
        return any(limit is not None and used >= limit for limit, used in uses)

    def expected(self, run: Run, to: StateType) -> tuple[str, StateType]:
        """Return how the server answers a proposal, and the state the run is in then."""
        if to is PENDING and run.state is not SCHEDULED:
            return "ABORT", run.state
        if to is StateType.CRASHED and run.state in ENDS:
            return "ABORT", run.state
        if run.lane is not None and to in HOLDING and run.state not in HOLDING:
            if to is PENDING and (self.paused or run.lane.paused):
                return "REJECT", run.state
            if self.is_full(run.lane):
                return ("ABORT" if run.state in ENDS else "REJECT"), run.state
        return "ACCEPT", to

    def claimable(self, limit: int) -> list[UUID]:
        """Return what a claim gives, by the plain procedure of the contract."""
        pool = dispatch_oracle.Pool(UUID(int=1), self.limit, self.paused)
        queues = {
            lane.id: dispatch_oracle.Queue(lane.id, pool, lane.priority, lane.limit, lane.paused)
            for lane in self.lanes
        }
        runs = [
            dispatch_oracle.Run(run.id, queues[run.lane.id] if run.lane else None, run.state, run.start)
            for run in self.runs
        ]
        return [run.id for run in dispatch_oracle.due_runs(runs, dispatch_oracle.Choice(limit=limit))]

    # ── what may happen ───────────────────────────────────────────────────────────────────────────

    @initialize(limit=limits)
    def create_pool(self, limit: int | None) -> None:
        self.pool: WorkPool = self.write(lambda session: make_pool(session, concurrency_limit=limit))
        self.limit = limit
        self.lanes.append(Lane(self.pool.default_queue_id, 1))

    @rule(limit=limits)
    def create_queue(self, limit: int | None) -> None:
        queue = self.write(lambda session: make_queue(session, self.pool, concurrency_limit=limit))
        taken = {lane.priority for lane in self.lanes}
        assert queue.priority == next(place for place in count(1) if place not in taken)
        self.lanes.append(Lane(queue.id, queue.priority, limit))

    @rule(pick=picks, minutes=st.integers(1, 5))
    def create_run(self, pick: int, minutes: int) -> None:
        lane, start = self.lanes[pick % len(self.lanes)], ago(minutes=minutes)

        async def create(session: AsyncSession) -> UUID:
            queue = await session.get_one(WorkQueue, lane.id)
            return (await make_run(session, queue, Scheduled(start), deployment_id=uuid4())).id

        self.runs.append(Run(self.write(create), lane, SCHEDULED, start))

    @rule(limit=st.integers(1, 4))
    def claim(self, limit: int) -> None:
        expected = self.claimable(limit)
        claimed = self.write(
            lambda session: claim_flow_runs(
                session=session, work_pool_id=self.pool.id, worker_name="w", limit=limit
            )
        )
        assert [run.id for run in claimed] == expected
        for run in self.runs:
            run.state = PENDING if run.id in expected else run.state

    @precondition(lambda self: self.runs)
    @rule(pick=picks, to=st.sampled_from([PENDING, PENDING, RUNNING, RUNNING, SCHEDULED, *sorted(ENDS)]))
    def propose(self, pick: int, to: StateType) -> None:
        run = self.runs[pick % len(self.runs)]
        status, state = self.expected(run, to)
        run.start = ago(seconds=1) if to is SCHEDULED else run.start
        proposed = Scheduled(run.start) if to is SCHEDULED else State(type=to)
        result = self.write(
            lambda session: set_flow_run_state(session=session, flow_run_id=run.id, state=proposed)
        )
        assert (str(result.status), result.state.type) == (status, state)
        run.state = state

    @rule(limit=limits, paused=st.booleans())
    def change_pool(self, limit: int | None, paused: bool) -> None:
        update = WorkPoolUpdate(concurrency_limit=limit, is_paused=paused)
        assert self.write(lambda session: workers.update_work_pool(session, self.pool.id, update))
        self.limit, self.paused = limit, paused

    @rule(pick=picks, limit=limits, paused=st.booleans())
    def change_queue(self, pick: int, limit: int | None, paused: bool) -> None:
        lane = self.lanes[pick % len(self.lanes)]
        update = WorkQueueUpdate(concurrency_limit=limit, is_paused=paused)
        assert self.write(lambda session: workers.update_work_queue(session, lane.id, update))
        lane.limit, lane.paused = limit, paused

    @rule(pick=picks, priority=st.integers(1, 4))
    def move_queue(self, pick: int, priority: int) -> None:
        moved = self.lanes[pick % len(self.lanes)]
        others = [lane for lane in sorted(self.lanes, key=lambda lane: lane.priority) if lane is not moved]
        self.write(
            lambda session: workers.bulk_update_work_queue_priorities(
                session, self.pool.id, {moved.id: priority}
            )
        )
        stored = {queue.id: queue.priority for queue in self.read_queues()}
        assert stored[moved.id] == priority
        for lane in self.lanes:
            lane.priority = stored[lane.id]
        assert sorted(others, key=lambda lane: lane.priority) == others

    @precondition(lambda self: len(self.lanes) > 1)
    @rule(pick=picks)
    def delete_queue(self, pick: int) -> None:
        lane = self.lanes.pop(1 + pick % (len(self.lanes) - 1))
        assert self.write(lambda session: workers.delete_work_queue(session, lane.id))
        for run in self.runs:
            if run.lane is lane:
                run.lane = None if run.state in ENDS else self.lanes[0]

    # ── what always holds ─────────────────────────────────────────────────────────────────────────

    def read_queues(self) -> list[WorkQueue]:
        return list(self.write(lambda session: workers.read_work_queues(session, self.pool.id)))

    @invariant()
    def queues_agree(self) -> None:
        lanes = sorted(self.lanes, key=lambda lane: lane.priority)
        found = [(queue.id, queue.priority, queue.concurrency_limit) for queue in self.read_queues()]
        assert found == [(lane.id, lane.priority, lane.limit) for lane in lanes]
        assert len({priority for _, priority, _ in found}) == len(found)

    @invariant()
    def counts_agree_and_never_rise_above_the_limit(self) -> None:
        counted = self.write(
            lambda session: workers.count_work_pool_slot_holders_by_queue(session, self.pool.id)
        )
        assert counted == {lane.id: self.held(lane) for lane in self.lanes if self.held(lane)}
        held = sum(counted.values())
        assert self.limit is None or held <= max(self.limit, self.held_before)
        self.held_before = held

    def teardown(self) -> None:
        """No run was given to a second worker: between two PENDING it was SCHEDULED again. All is sound."""
        report = self.write(lambda session: doctor.examine(session=session))
        assert [check.violations for check in report.checks if check.violations] == []
        for run in self.runs:
            for before, after in pairwise(self.read_history(run)):
                assert after is not PENDING or before is SCHEDULED

    def read_history(self, run: Run) -> Iterator[StateType]:
        states = self.write(lambda session: flow_run_states.read_flow_run_states(session, run.id))
        return (state.type for state in states)


@pytest.mark.conformance(101, 102, 103, 104, 105)
def test_pool_does_what_its_model_does(migrated_database_url: str):
    db = DBInterface(migrated_database_url)
    with asyncio.Runner() as runner:
        runner.run(empty(db))
        run_state_machine_as_test(
            lambda: PoolMachine(db, runner),
            settings=settings(
                max_examples=15, stateful_step_count=30, deadline=None,
                suppress_health_check=list(HealthCheck),
            ),
        )  # fmt: skip
        runner.run(db.dispose())
