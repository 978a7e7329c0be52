"""What a hello leads to: the pool, its queues, a first heartbeat and the answer, in one transaction."""

from dataclasses import dataclass
from datetime import datetime

from fastapi import HTTPException
from pydantic import ValidationError
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from penstock.core.clock import utc_now
from penstock.core.errors import InvalidInputError, ObjectNotFoundError
from penstock.core.ids import uuid7
from penstock.schemas.actions import WorkPoolCreate, WorkPoolUpdate
from penstock.schemas.responses import WorkPoolResponse
from penstock.schemas.worker_channel import (
    CLEANUP_DELIVERY,
    REQUIRED_CAPABILITIES,
    VERSION,
    HelloPayload,
    ReadyPayload,
    ResolvedWorkQueue,
    SnapshotPayload,
    SnapshotReason,
)
from penstock.server.api.job_templates import check_template_defaults
from penstock.server.api.work_pools import is_reserved
from penstock.server.api.worker_channel.frames import (
    AUTHORIZATION_FAILED,
    HEARTBEAT_FAILED,
    PROTOCOL_ERROR,
    UNSUPPORTED_VERSION,
    ChannelClosedError,
    close,
)
from penstock.server.api.worker_channel.watch import PoolWatch
from penstock.server.database import DBInterface
from penstock.server.database.orm_models import WorkPool, WorkQueue
from penstock.server.models import workers
from penstock.server.models.workers.pool_changes import announce_work_pool_change


@dataclass(frozen=True, slots=True)
class Agreement:
    """What server and worker have agreed on, and how new the pool was that the worker was told of."""

    hello: HelloPayload
    ready: ReadyPayload
    told_of: datetime


async def set_up(db: DBInterface, work_pool_name: str, hello: HelloPayload, watch: PoolWatch) -> Agreement:
    """Do what a hello asks for, wholly or not at all."""
    if VERSION not in hello.supported_channel_versions:
        close(UNSUPPORTED_VERSION)
    try:
        return await _set_up_once(db, work_pool_name, hello, watch)
    except IntegrityError:
        # Another worker has made the same pool meanwhile: take that one.
        return await _set_up_once(db, work_pool_name, hello, watch)


async def _set_up_once(
    db: DBInterface, work_pool_name: str, hello: HelloPayload, watch: PoolWatch
) -> Agreement:
    async with db.session_context(begin_transaction=True) as session:
        pool = await workers.read_work_pool_by_name(session=session, work_pool_name=work_pool_name)
        try:
            pool = pool or await _create_pool(session, work_pool_name, hello)
            watch.follow(pool.id)
            queues = await _resolve_queues(session, pool, hello)
            await _fill_template(session, pool, hello)
        except (ValidationError, InvalidInputError, HTTPException) as error:
            raise ChannelClosedError(*PROTOCOL_ERROR) from error
        await record_heartbeat(session, pool, hello.worker_name, hello.heartbeat_interval_seconds)
        now = await workers.read_work_pool(session=session, work_pool_id=pool.id)
        assert now is not None
        ready = _ready(hello, queues, await describe_pool(session, now))
    return Agreement(hello, ready, now.updated)


async def record_heartbeat(
    session: AsyncSession, pool: WorkPool, worker_name: str, interval_seconds: int
) -> None:
    """Record that the worker is alive; a failure ends the channel, and the worker may try again."""
    try:
        await workers.record_worker_heartbeat(
            session=session,
            work_pool=pool,
            worker_name=worker_name,
            heartbeat_interval_seconds=interval_seconds,
            emit_status_change=workers.emit_work_pool_status_event,
        )
    except Exception as error:
        raise ChannelClosedError(*HEARTBEAT_FAILED) from error


async def describe_pool(session: AsyncSession, pool: WorkPool) -> WorkPoolResponse:
    """Return the pool as snapshots show it."""
    active_slots = None
    if pool.concurrency_limit is not None:
        active_slots = await workers.count_work_pool_active_slots(session=session, work_pool_id=pool.id)
    return WorkPoolResponse.from_row(pool, active_slots)


async def _create_pool(session: AsyncSession, work_pool_name: str, hello: HelloPayload) -> WorkPool:
    if not hello.create_pool_if_not_found or is_reserved(work_pool_name):
        close(AUTHORIZATION_FAILED)
    wanted = WorkPoolCreate(
        name=work_pool_name,
        type=hello.worker_type,
        base_job_template=hello.default_base_job_template,
    )
    await check_template_defaults(session, wanted.base_job_template)
    pool = await workers.create_work_pool(session=session, work_pool=wanted)
    await workers.emit_work_pool_status_event(
        event_id=uuid7(), occurred=utc_now(), pre_update_work_pool=None, work_pool=pool
    )
    return pool


async def _resolve_queues(session: AsyncSession, pool: WorkPool, hello: HelloPayload) -> list[WorkQueue]:
    if not hello.work_queue_names:
        return list(await workers.read_work_queues(session=session, work_pool_id=pool.id))
    try:
        _, queues = await workers.resolve_work_queues(
            session=session, work_pool_name=pool.name, work_queue_names=hello.work_queue_names
        )
    except ObjectNotFoundError:
        close(AUTHORIZATION_FAILED)
    return queues


async def _fill_template(session: AsyncSession, pool: WorkPool, hello: HelloPayload) -> None:
    """Store the worker's template in a pool that has none."""
    if pool.base_job_template or not hello.default_base_job_template:
        return
    update = WorkPoolUpdate(base_job_template=hello.default_base_job_template)
    await check_template_defaults(session, update.base_job_template)
    await workers.update_work_pool(session=session, work_pool_id=pool.id, work_pool=update)
    announce_work_pool_change(session, pool.id)


def _ready(hello: HelloPayload, queues: list[WorkQueue], pool: WorkPoolResponse) -> ReadyPayload:
    takes_cleanup = (
        hello.asks_for_cleanup and bool(hello.handled_cleanup_kinds) and hello.max_cleanup_concurrency > 0
    )
    accepted = [*REQUIRED_CAPABILITIES, *([CLEANUP_DELIVERY] if takes_cleanup else ())]
    asked = dict.fromkeys(hello.requested_capabilities)
    return ReadyPayload(
        consumer_id=hello.consumer_id,
        selected_channel_version=VERSION,
        effective_heartbeat_interval_seconds=hello.heartbeat_interval_seconds,
        accepted_capabilities=accepted,
        rejected_capabilities=[name for name in asked if name not in accepted],
        effective_max_cleanup_concurrency=hello.max_cleanup_concurrency if takes_cleanup else 0,
        resolved_work_queues=[ResolvedWorkQueue(id=queue.id, name=queue.name) for queue in queues],
        initial_snapshot=SnapshotPayload(snapshot_sequence=1, reason=SnapshotReason.INITIAL, work_pool=pool),
    )
