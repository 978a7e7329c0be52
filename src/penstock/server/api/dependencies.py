"""What routes are handed: the database, the poll recorder, the caller's version."""

import re
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request

from penstock.core.attempts import LeaseTimes
from penstock.server.database import DBInterface
from penstock.server.models.doctor.check import Patience
from penstock.server.orchestration import Claims, SpeakingProcess
from penstock.server.services import (
    Counters,
    HeartbeatRecorder,
    KeptCounts,
    Metrics,
    PollRecorder,
    Scheduler,
    ShownRuns,
    SignsOfLife,
    Standing,
    WaitingRoom,
)

PREFECT_CLIENT = re.compile(r"prefect/(\d+)\.(\d+)\.(\d+)")
PROCESS_HEADERS = "x-prefect-flow-run-id", "x-prefect-flow-id", "x-prefect-deployment-id"
"""The process of a run says which run it is by these; Prefect 3.8 sends only the latter two."""
LAST_CLIENT_WITHOUT_RESULT_STORAGE = (3, 3, 7)
FIRST_CLIENT_WITH_LEASES = (3, 4, 11)
LONGEST_NAME = 600
"""Characters of a header, of two bytes at the most as UTF-8, that fit into an index."""
MOST_ACTOR_CHARACTERS = 200


async def _database(request: Request) -> DBInterface:
    db: DBInterface = request.app.state.db
    return db


async def _poll_recorder(request: Request) -> PollRecorder:
    recorder: PollRecorder = request.app.state.poll_recorder
    return recorder


async def _heartbeat_recorder(request: Request) -> HeartbeatRecorder:
    recorder: HeartbeatRecorder = request.app.state.heartbeat_recorder
    return recorder


async def _waiting_room(request: Request) -> WaitingRoom:
    room: WaitingRoom = request.app.state.waiting_room
    return room


async def _scheduler(request: Request) -> Scheduler:
    scheduler: Scheduler = request.app.state.scheduler
    return scheduler


def _client_version(request: Request) -> tuple[int, ...] | None:
    """Return the version of a Prefect client; None for any other caller."""
    match = PREFECT_CLIENT.match(request.headers.get("user-agent", ""))
    return None if match is None else tuple(map(int, match.groups()))


async def _is_old_client(request: Request) -> bool:
    version = _client_version(request)
    return version is not None and version <= LAST_CLIENT_WITHOUT_RESULT_STORAGE


async def _renews_leases(request: Request) -> bool:
    version = _client_version(request)
    return version is not None and version >= FIRST_CLIENT_WITH_LEASES


async def _lease_times(request: Request) -> LeaseTimes:
    times: LeaseTimes = request.app.state.lease_times
    return times


async def _renewal_seconds(request: Request) -> float:
    seconds: float = request.app.state.claim_renewal_seconds
    return seconds


async def _doctor_patience(request: Request) -> Patience:
    patience: Patience = request.app.state.doctor_patience
    return patience


async def _counters(request: Request) -> Counters:
    counters: Counters = request.app.state.counters
    return counters


async def _shown_runs(request: Request) -> ShownRuns:
    shown: ShownRuns = request.app.state.shown_runs
    return shown


async def _claims(request: Request) -> Claims:
    claims: Claims = request.app.state.claims
    return claims


async def _metrics(request: Request) -> Metrics:
    metrics: Metrics = request.app.state.metrics
    return metrics


async def _shared_counts(request: Request) -> KeptCounts:
    counts: KeptCounts = request.app.state.kept_counts
    return counts


async def _standing(request: Request) -> Standing:
    standing: Standing = request.app.state.standing
    return standing


async def _actor(request: Request) -> str:
    """Return the name a caller gives himself, else his program and his address."""
    named = request.headers.get("x-penstock-actor", "").strip()
    if named:
        return named[:MOST_ACTOR_CHARACTERS]
    program = request.headers.get("user-agent", "").strip() or "an unnamed program"
    host = request.client.host if request.client else "an unknown address"
    return f"{program[:MOST_ACTOR_CHARACTERS]} at {host}"


async def _worker_name(request: Request) -> str | None:
    # more than a name can have is nobody's
    name = request.headers.get("x-prefect-worker-name")
    return None if name is None or len(name) > LONGEST_NAME else name


async def _process(request: Request) -> SpeakingProcess | None:
    flow_run_id, flow_id, deployment_id = (_id_in(request, name) for name in PROCESS_HEADERS)
    if flow_run_id is None and flow_id is None:
        return None
    return SpeakingProcess(flow_run_id, flow_id, deployment_id)


def _id_in(request: Request, header: str) -> UUID | None:
    try:
        return UUID(request.headers[header])
    except (KeyError, ValueError):
        return None


async def _signs_of_life(request: Request) -> SignsOfLife:
    signs: SignsOfLife = request.app.state.signs_of_life
    return signs


Database = Annotated[DBInterface, Depends(_database)]
"""The application's database."""

Recorder = Annotated[PollRecorder, Depends(_poll_recorder)]
"""Where polls are noted."""

Heartbeats = Annotated[HeartbeatRecorder, Depends(_heartbeat_recorder)]
"""Where heartbeats of workers are noted."""

Waiting = Annotated[WaitingRoom, Depends(_waiting_room)]
"""Where those wait for whom there is nothing yet."""

Shown = Annotated[ShownRuns, Depends(_shown_runs)]
"""Which worker was shown which run lately."""

ClaimTaker = Annotated[Claims, Depends(_claims)]
"""What takes runs for workers."""

ScheduleMaker = Annotated[Scheduler, Depends(_scheduler)]
"""What makes the runs of schedules ahead."""

IsOldClient = Annotated[bool, Depends(_is_old_client)]
"""True for Prefect clients up to 3.3.7, which do not know result storage (workers.md 2.1)."""

RenewsLeases = Annotated[bool, Depends(_renews_leases)]
"""True for Prefect clients from 3.4.11 on, which renew the lease of a run's deployment slot."""

ClaimTimes = Annotated[LeaseTimes, Depends(_lease_times)]
"""How long an attempt may go on unheard of."""

RenewalSeconds = Annotated[float, Depends(_renewal_seconds)]
"""How often a worker should renew the leases of its runs."""

DoctorPatience = Annotated[Patience, Depends(_doctor_patience)]
"""How long what the server's loops settle may be overdue."""

ProcessCounters = Annotated[Counters, Depends(_counters)]
"""What this process counts."""

ShownMetrics = Annotated[Metrics, Depends(_metrics)]
"""What a Prometheus server is shown."""

SharedCounts = Annotated[KeptCounts, Depends(_shared_counts)]
"""Counts that all viewers are shown."""

ServerStanding = Annotated[Standing, Depends(_standing)]
"""What this server can tell about itself."""

Actor = Annotated[str, Depends(_actor)]
"""Who asks, for people to read: nobody checks it."""

CallingWorker = Annotated[str | None, Depends(_worker_name)]
"""The name that a Prefect worker, and every process it starts, sends with each request."""

CallingProcess = Annotated[SpeakingProcess | None, Depends(_process)]
"""What a process that runs a flow says with each request about the run it is; None for other callers."""

Signs = Annotated[SignsOfLife, Depends(_signs_of_life)]
"""Where signs of life of runs are noted."""
