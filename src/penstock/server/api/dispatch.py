"""Routes by which workers get their runs: the poll and the claim (workers.md 4.3, 8.1)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from time import monotonic
from typing import Annotated, Any, NamedTuple
from uuid import UUID

from fastapi import APIRouter, Body, Request, Response
from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncSession

from penstock.core.clock import utc_now
from penstock.core.errors import ObjectNotFoundError
from penstock.core.moments import moved
from penstock.schemas.filters.operators import AnyOf
from penstock.schemas.responses import ClaimedFlowRun, WorkerFlowRunResponse
from penstock.schemas.responses.flow_runs import response_values
from penstock.schemas.states import Scheduled
from penstock.schemas.timestamps import Timestamp
from penstock.schemas.values import KeyText, Text
from penstock.server import orchestration
from penstock.server.api.dependencies import (
    CallingWorker,
    ClaimTaker,
    ClaimTimes,
    Database,
    ProcessCounters,
    Recorder,
    RenewalSeconds,
    Shown,
    Waiting,
)
from penstock.server.api.errors import not_found, work_pool_not_found
from penstock.server.api.json_answers import json_text, values_answer
from penstock.server.api.json_requests import JsonRoute
from penstock.server.api.paging import Limit
from penstock.server.database import DBInterface
from penstock.server.database.dispatch import StartWindow
from penstock.server.database.orm_models import FlowRun
from penstock.server.database.plain import Statements
from penstock.server.models import workers
from penstock.server.models.workers.dispatch import read_polled_runs
from penstock.server.models.workers.outlook import Outlook, read_outlook
from penstock.server.models.workers.polled_runs import PolledRun, PolledRunSource, told_runs
from penstock.server.models.workers.selection import Selection
from penstock.server.models.workers.slot_holders import read_pool_slots
from penstock.server.orchestration import ChosenQueues, Claim, Proposer
from penstock.server.services import PollRecorder, ShownRuns
from penstock.server.services.waiting_room import LONGEST_WAIT_SECONDS

router = APIRouter(prefix="/work_pools/{work_pool_name}", tags=["Dispatch"], route_class=JsonRoute)

RunOfPool = tuple[UUID, PolledRun]

WorkQueueNames = Annotated[
    AnyOf[Text] | None, Body(description="Which queues of the pool; all of them when left out or empty.")
]
ClaimLimit = Annotated[int, Field(ge=1, le=200)]
WaitSeconds = Annotated[
    float,
    Field(
        ge=0,
        le=LONGEST_WAIT_SECONDS,
        description="How long to wait for runs when none is due; the answer comes as soon as there is one.",
    ),
]


@router.post("/get_scheduled_flow_runs", response_model=list[WorkerFlowRunResponse])
async def read_scheduled_flow_runs(
    request: Request,
    work_pool_name: str,
    limit: Limit,
    db: Database,
    polls: Recorder,
    worker_name: CallingWorker,
    waiting_room: Waiting,
    shown: Shown,
    work_queue_names: WorkQueueNames = None,
    scheduled_before: Annotated[Timestamp | None, Body()] = None,
    scheduled_after: Annotated[Timestamp | None, Body()] = None,
) -> Response:
    """Read which runs a worker may start, first by queue priority, then by time.

    Nothing is changed: a worker takes a run by setting it PENDING. The queues count as polled. A
    worker that drains, known by the name it sends with the request, is shown nothing. Runs that
    another worker was shown in the last seconds come after the others (ADR 0010). Where the server is
    set to hold polls, a worker's poll that finds nothing is answered when there is something.
    """
    moving = _Window(scheduled_before, scheduled_after)
    window = StartWindow(before=scheduled_before, after=scheduled_after)
    work_pool_id, queue_ids = None, list[UUID]()
    if work_queue_names:
        async with db.looking_context(brief=True) as session:
            work_pool_id, queue_ids = await _resolve(session, work_pool_name, work_queue_names)
    poll = _Poll(db, work_pool_name, queue_ids, limit, worker_name, shown)
    runs = await poll.look(window)
    if runs:
        work_pool_id = runs[0][0]
    elif work_pool_id is None:
        async with db.direct_context() as statements:
            work_pool_id = await _find_pool(statements, work_pool_name)
    polled_pool_id = work_pool_id
    _note(polls, polled_pool_id, queue_ids)

    async def look() -> Sequence[RunOfPool]:
        nonlocal window
        window = moving.now()
        _note(polls, polled_pool_id, queue_ids)
        return await poll.look(window)

    async def look_ahead(after: datetime | None) -> Outlook:
        async with db.looking_context(brief=True) as session:
            reach, after = moving.now().before, window.before or after
            return await read_outlook(
                session, polled_pool_id, queue_ids, worker_name, reach=reach, after=after
            )

    if not runs and limit and worker_name is not None and waiting_room.poll_seconds:
        group = polled_pool_id, frozenset(queue_ids), f"poll {moving.seconds_ahead}"
        waits = waiting_room.wait_for(
            look, look_ahead, group, seconds=waiting_room.poll_seconds, is_gone=request.is_disconnected
        )
        runs = await waits or []
    return json_text(told_runs(runs))


@router.post("/claim", response_model=list[ClaimedFlowRun])
async def claim_flow_runs(
    request: Request,
    work_pool_name: str,
    worker_name: Annotated[KeyText, Body(min_length=1)],
    db: Database,
    claims: ClaimTaker,
    polls: Recorder,
    lease_times: ClaimTimes,
    renewal_seconds: RenewalSeconds,
    counters: ProcessCounters,
    waiting_room: Waiting,
    work_queue_names: WorkQueueNames = None,
    limit: Annotated[ClaimLimit | None, Body()] = 10,
    wait_seconds: Annotated[WaitSeconds | None, Body()] = 0.0,
) -> Response:
    """Take due runs for a worker: they are PENDING in the answer, and no limit is exceeded.

    No two workers are given the same run. The queues count as polled. A claim that waits and that
    nobody listens to any more when runs come leaves them to others; none waits for longer than leases
    are renewed, so that a worker that has fallen silent is given no more runs after that.
    """
    asked_at = looked_at = monotonic()
    queue_ids: Sequence[UUID] = ()
    chosen = ChosenQueues(work_pool_name=work_pool_name)
    if work_queue_names:
        async with db.looking_context(brief=True) as session:
            pool_id, queue_ids = await _resolve(session, work_pool_name, work_queue_names)
        chosen = ChosenQueues(work_pool_id=pool_id, work_queue_ids=queue_ids)
    claim = Claim(chosen, worker_name, limit or 10, lease_times)
    selection = await claims.take(claim)
    runs: Sequence[FlowRun] | None = selection.runs
    work_pool_id = chosen.work_pool_id or await _pool_of(db, selection, work_pool_name)
    _note(polls, work_pool_id, queue_ids)

    async def look() -> Sequence[FlowRun]:
        nonlocal looked_at
        looked_at = monotonic()
        _note(polls, work_pool_id, queue_ids)
        return (await claims.take(claim)).runs

    async def look_ahead(after: datetime | None) -> Outlook:
        async with db.looking_context(brief=True) as session:
            return await read_outlook(session, work_pool_id, queue_ids, worker_name, after=after)

    if not runs and wait_seconds:
        asked = work_pool_id, frozenset(queue_ids), "claim"
        seconds, is_gone = min(wait_seconds, renewal_seconds), request.is_disconnected
        runs = await waiting_room.wait_for(look, look_ahead, asked, seconds=seconds, is_gone=is_gone)
        if runs and await request.is_disconnected():
            await _hand_back(db, runs, worker_name)
            runs = None
    counters.claims += 1
    counters.claimed_runs += len(runs or ())
    lease = _Lease(lease_times.claim_seconds, renewal_seconds, looked_at - asked_at)
    return values_answer(_claimed(runs or (), work_pool_id, work_pool_name, lease))


async def _pool_of(db: DBInterface, selection: Selection[FlowRun], work_pool_name: str) -> UUID:
    """Return the id of the pool in which was chosen."""
    for queue in selection.queues.values():
        return queue.work_pool_id
    async with db.direct_context() as statements:
        return await _find_pool(statements, work_pool_name)


async def _hand_back(db: DBInterface, runs: Sequence[FlowRun], worker_name: str) -> None:
    """Let others have what nobody waits for any more, in its old place."""
    for run in runs:
        assert run.state is not None
        due = run.state.state_details.scheduled_time
        message = f"Handed back: worker '{worker_name}' went while it waited for runs."
        async with db.session_context(begin_transaction=True, brief=True) as session:
            await orchestration.set_flow_run_state(
                session=session,
                flow_run_id=run.id,
                state=Scheduled(due, message=message),
                proposer=Proposer(worker_name, attempt=run.attempt),
            )


@dataclass(frozen=True, slots=True)
class _Poll:
    """What a worker asks for, and what others were shown meanwhile."""

    db: DBInterface
    work_pool_name: str
    work_queue_ids: Sequence[UUID]
    limit: int
    worker_name: str | None
    shown: ShownRuns

    async def look(self, window: StartWindow) -> Sequence[RunOfPool]:
        """Read what the worker is shown now; one without a name is shown what is there."""
        since = monotonic()
        if self.worker_name is None:
            return await self._read(window, {}, since)
        async with self.shown.line(self.work_pool_name).turn(since):
            others = self.shown.to_others(self.work_pool_name, self.worker_name)
            runs = await self._read(window, others, since)
            seen = ((run.id, run.work_queue_id) for _, run in runs if run.work_queue_id is not None)
            self.shown.note(self.work_pool_name, self.worker_name, seen)
            return runs

    async def _read(
        self, window: StartWindow, others: Mapping[UUID, UUID], since: float
    ) -> Sequence[RunOfPool]:
        async with self.db.direct_context(since) as statements:
            return await read_polled_runs(
                PolledRunSource(self.db, statements),
                work_pool_name=self.work_pool_name,
                work_queue_ids=self.work_queue_ids or None,
                window=window,
                limit=self.limit,
                worker_name=self.worker_name,
                passed_over=others,
            )


@dataclass(frozen=True, slots=True)
class _Window:
    """Which start times a poll asks for; while it is held, its end moves on with the time."""

    before: datetime | None
    after: datetime | None
    asked_at: float = field(default_factory=monotonic)

    @property
    def seconds_ahead(self) -> int | None:
        """How far it reaches beyond the present, about."""
        return None if self.before is None else round((self.before - utc_now()).total_seconds())

    def now(self) -> StartWindow:
        passed = timedelta(seconds=monotonic() - self.asked_at)
        return StartWindow(before=self.before and moved(self.before, passed), after=self.after)


class _Lease(NamedTuple):
    """What a worker is told about the leases it was given."""

    lease_seconds: float
    renewal_seconds: float
    waited_seconds: float


def _claimed(
    runs: Iterable[FlowRun], work_pool_id: UUID, work_pool_name: str, lease: _Lease
) -> list[dict[str, Any]]:
    """Return what the schema ``ClaimedFlowRun`` tells of runs."""
    now, told_lease = utc_now(), lease._asdict()
    return [
        {
            "work_pool_id": work_pool_id,
            "work_queue_id": run.work_queue_id,
            "flow_run": response_values(run, work_pool_id, work_pool_name, now),
            "attempt": run.attempt,
            **told_lease,
        }
        for run in runs
    ]


def _note(polls: PollRecorder, work_pool_id: UUID, work_queue_ids: Sequence[UUID]) -> None:
    if work_queue_ids:
        polls.note(work_queue_ids=work_queue_ids)
    else:
        polls.note(work_pool_ids=[work_pool_id])


async def _find_pool(statements: Statements, work_pool_name: str) -> UUID:
    """Return the id of the pool."""
    slots = await read_pool_slots(statements, work_pool_name)
    if slots is None:
        work_pool_not_found(work_pool_name)
    return slots.id


async def _resolve(
    session: AsyncSession, work_pool_name: str, work_queue_names: list[str]
) -> tuple[UUID, list[UUID]]:
    """Return the ids of the pool and of the named queues."""
    try:
        work_pool, work_queues = await workers.resolve_work_queues(
            session=session, work_pool_name=work_pool_name, work_queue_names=work_queue_names
        )
    except ObjectNotFoundError as error:
        if error.key == work_pool_name:
            work_pool_not_found(work_pool_name)
        not_found(str(error))
    return work_pool.id, [queue.id for queue in work_queues]
