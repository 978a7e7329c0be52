"""``create_app``: the one place where the parts of the server are put together."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from fastapi import FastAPI
from fastapi_offline import FastAPIOffline
from starlette.middleware.gzip import GZipMiddleware

from penstock import __version__
from penstock.server.api import api_router, install_error_handlers
from penstock.server.dashboard import install_dashboard
from penstock.server.database import DBInterface
from penstock.server.models.doctor.check import Patience
from penstock.server.orchestration import Claims
from penstock.server.services import (
    CancellationCleanup,
    CleanupDispatcher,
    CleanupLeases,
    Counters,
    EventRetention,
    ExpiredAttempts,
    HeartbeatRecorder,
    KeptCounts,
    LateRuns,
    LeaseReaper,
    Liveness,
    Metrics,
    PauseExpirations,
    PollRecorder,
    Presence,
    Recorder,
    Scheduler,
    Service,
    ShownRuns,
    Standing,
    Traffic,
    WaitingRoom,
    WorkerPruning,
)
from penstock.settings import ServerSettings

COMPRESS_FROM_BYTES = 500
COMPRESS_LEVEL = 1
"""Runs are repetitive: the fastest level already makes a poll's answer a twentieth of its size."""
MAX_BODY_BYTES = 16 * 1024 * 1024
"""Clients send logs in batches of about 4 MB; nothing else is near that."""


def create_app(settings: ServerSettings | None = None) -> FastAPI:
    """Return the server's application; without settings it reads them from the environment.

    The database is opened, and brought to the newest schema, when the application starts.
    """
    settings = settings or ServerSettings()
    db = DBInterface(settings.database_url)
    polls = PollRecorder(
        db,
        record_seconds=settings.poll_record_seconds,
        refresh_seconds=settings.poll_record_refresh_seconds,
    )
    heartbeats = HeartbeatRecorder(db, record_seconds=settings.heartbeat_record_seconds)
    scheduler = _scheduler(db, settings)
    counters = Counters()
    traffic = Traffic(
        db,
        poll_seconds=settings.event_relay_poll_seconds,
        sign_seconds=settings.sign_of_life_record_seconds,
        lease_times=settings.lease_times,
    )
    services = _services(db, settings, scheduler, counters)
    standing = Standing(db, services)
    services.append((True, _presence(db, standing, settings)))
    app = FastAPIOffline(
        title="Penstock",
        version=__version__,
        description="Work pools, work queues and workers: scheduled runs, handed out within limits.",
        openapi_url="/api/openapi.json",
        docs_url="/docs",
        redoc_url=None,
        static_url="/docs/assets",
        lifespan=_lifespan(db, [polls, heartbeats], traffic, services),
        max_body_size=MAX_BODY_BYTES,
    )
    app.state.db = db
    app.state.poll_recorder = polls
    app.state.heartbeat_recorder = heartbeats
    app.state.waiting_room = WaitingRoom(
        db,
        poll_seconds=settings.held_poll_seconds,
        recheck_seconds=settings.dispatch_recheck_seconds,
    )
    app.state.shown_runs, app.state.claims = ShownRuns(), Claims(db)
    app.state.scheduler, app.state.standing = scheduler, standing
    _keep_traffic(app, traffic)
    app.state.cleanup_dispatcher = CleanupDispatcher(
        db,
        lease_seconds=settings.cleanup_lease_seconds,
        max_attempts=settings.cleanup_max_delivery_attempts,
    )
    app.state.counters, app.state.kept_counts = counters, KeptCounts(db)
    app.state.metrics = Metrics(db, counters, patience=_patience(settings))
    _keep_settings(app, db, settings)
    app.add_middleware(GZipMiddleware, minimum_size=COMPRESS_FROM_BYTES, compresslevel=COMPRESS_LEVEL)
    # Not include_router: it would analyse every route anew for each application of a process.
    app.router.routes.extend(api_router.routes)
    install_error_handlers(app)
    install_dashboard(app)
    return app


def _keep_settings(app: FastAPI, db: DBInterface, settings: ServerSettings) -> None:
    app.state.lease_times = settings.lease_times
    app.state.claim_renewal_seconds = settings.claim_renewal_seconds
    app.state.doctor_patience = _patience(settings)
    app.state.api_default_limit = settings.api_default_limit
    app.state.shown_settings = settings.model_dump(mode="json") | {"database_url": db.display_url}


def _keep_traffic(app: FastAPI, traffic: Traffic) -> None:
    app.state.event_intake = traffic.event_intake
    app.state.event_relay = traffic.event_relay
    app.state.signs_of_life = traffic.signs_of_life
    app.state.log_relay = traffic.log_relay


def _patience(settings: ServerSettings) -> Patience:
    """Return how long overdue an attempt may be: after an outage a whole lease is waited, and some passes."""
    passes = 3 * max(settings.attempt_loop_seconds, settings.cleanup_lease_loop_seconds)
    return Patience(overdue_seconds=settings.claim_lease_seconds + passes)


def _scheduler(db: DBInterface, settings: ServerSettings) -> Scheduler:
    return Scheduler(
        db,
        interval_seconds=settings.scheduler_loop_seconds,
        batch_size=settings.scheduler_deployment_batch_size,
        min_runs=settings.scheduler_min_runs,
        max_runs=settings.scheduler_max_runs,
        min_scheduled_time=settings.scheduler_min_scheduled_time,
        max_scheduled_time=settings.scheduler_max_scheduled_time,
    )


def _presence(db: DBInterface, standing: Standing, settings: ServerSettings) -> Presence:
    return Presence(
        db,
        standing,
        interval_seconds=settings.server_record_seconds,
        retention_seconds=settings.server_retention_seconds,
    )


def _services(
    db: DBInterface, settings: ServerSettings, scheduler: Scheduler, counters: Counters
) -> list[tuple[bool, Service]]:
    """Return the loops that run beside the requests, each with whether the settings let it."""
    liveness = Liveness(
        db,
        interval_seconds=settings.liveness_loop_seconds,
        work_queue_timeout_seconds=settings.work_queue_last_polled_timeout_seconds,
        deployment_timeout_seconds=settings.deployment_last_polled_timeout_seconds,
    )
    late_runs = LateRuns(
        db,
        interval_seconds=settings.late_runs_loop_seconds,
        after_seconds=settings.late_runs_after_seconds,
    )
    pauses = PauseExpirations(db, interval_seconds=settings.pause_expirations_loop_seconds)
    cancellations = CancellationCleanup(
        db,
        interval_seconds=settings.cancellation_cleanup_loop_seconds,
        timeout_seconds=settings.cancelling_timeout_seconds,
    )
    cleanup = CleanupLeases(
        db,
        interval_seconds=settings.cleanup_lease_loop_seconds,
        max_attempts=settings.cleanup_max_delivery_attempts,
        untaken_seconds=settings.cleanup_untaken_seconds,
    )
    retention = EventRetention(
        db,
        interval_seconds=settings.event_retention_loop_seconds,
        retention_seconds=settings.event_retention_period.total_seconds(),
    )
    pruning = WorkerPruning(
        db,
        interval_seconds=settings.worker_pruning_loop_seconds,
        retention_seconds=settings.worker_retention_seconds,
    )
    expired = ExpiredAttempts(
        db,
        interval_seconds=settings.attempt_loop_seconds,
        lease_times=settings.lease_times,
        counters=counters,
    )
    loops: list[tuple[bool, Service]] = [
        (True, expired),
        (True, liveness),
        (True, cleanup),
        (True, LeaseReaper(db, interval_seconds=settings.lease_reaper_loop_seconds)),
        (settings.scheduler_enabled, scheduler),
        (settings.late_runs_enabled, late_runs),
        (settings.pause_expirations_enabled, pauses),
        (settings.cancellation_cleanup_enabled, cancellations),
        (settings.event_retention_enabled, retention),
        (settings.worker_pruning_enabled, pruning),
    ]
    return [(is_enabled and settings.services_enabled, loop) for is_enabled, loop in loops]


def _lifespan(
    db: DBInterface,
    recorders: Sequence[Recorder],
    traffic: Traffic,
    services: Sequence[tuple[bool, Service]],
) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    loops = [service for is_enabled, service in services if is_enabled]

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        await db.create_db()
        traffic.start()
        for loop in loops:
            loop.start()
        try:
            yield
        finally:
            for loop in loops:
                await loop.stop()
            for recorder in recorders:
                await recorder.stop()
            await traffic.stop()
            await db.dispose()

    return lifespan
