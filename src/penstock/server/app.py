"""``create_app``: the one place where the parts of the server are put together."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from fastapi import FastAPI
from fastapi.responses import RedirectResponse
from fastapi_offline import FastAPIOffline
from starlette.middleware.gzip import GZipMiddleware

from penstock import __version__
from penstock.server.api import api_router, install_error_handlers
from penstock.server.database import DBInterface
from penstock.server.services import Liveness, PollRecorder
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
    liveness = Liveness(
        db,
        interval_seconds=settings.liveness_loop_seconds,
        work_queue_timeout_seconds=settings.work_queue_last_polled_timeout_seconds,
        deployment_timeout_seconds=settings.deployment_last_polled_timeout_seconds,
    )
    app = FastAPIOffline(
        title="Penstock",
        version=__version__,
        description="Work pools, work queues and workers: scheduled runs, handed out within limits.",
        openapi_url="/api/openapi.json",
        docs_url="/docs",
        redoc_url=None,
        static_url="/docs/assets",
        lifespan=_lifespan(db, polls, liveness),
        max_body_size=MAX_BODY_BYTES,
        strict_content_type=False,
    )
    app.state.db = db
    app.state.poll_recorder = polls
    app.state.api_default_limit = settings.api_default_limit
    app.add_middleware(GZipMiddleware, minimum_size=COMPRESS_FROM_BYTES, compresslevel=COMPRESS_LEVEL)
    app.include_router(api_router)
    app.add_api_route("/", _show_documentation, include_in_schema=False)
    install_error_handlers(app)
    return app


def _lifespan(
    db: DBInterface, polls: PollRecorder, liveness: Liveness
) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        await db.create_db()
        liveness.start()
        try:
            yield
        finally:
            await liveness.stop()
            await polls.stop()
            await db.dispose()

    return lifespan


async def _show_documentation() -> RedirectResponse:
    return RedirectResponse("/docs")
