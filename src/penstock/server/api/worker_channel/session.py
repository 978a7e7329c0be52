"""A connected worker: its heartbeats come in, changes of its pool go out (workers.md 7.2)."""

import asyncio
from functools import partial

from penstock.schemas.worker_channel import (
    CLEANUP_DELIVERY,
    Frame,
    HeartbeatPayload,
    SnapshotPayload,
    SnapshotReason,
)
from penstock.server.api.worker_channel.cleanup import OPERATIONS, CleanupDesk, send_cleanup
from penstock.server.api.worker_channel.frames import (
    AUTHORIZATION_FAILED,
    HEARTBEAT_FAILED,
    PROTOCOL_ERROR,
    ChannelClosedError,
    Frames,
    close,
    read_payload,
)
from penstock.server.api.worker_channel.setup import Agreement, describe_pool, record_heartbeat
from penstock.server.api.worker_channel.watch import PoolWatch
from penstock.server.database import DBInterface
from penstock.server.models import workers
from penstock.server.services import CleanupDispatcher, CleanupReceiver

COALESCE_SECONDS = 0.05
"""How long changes of a pool are collected before one snapshot tells of them."""


class WorkerSession:
    """The connection after both sides have agreed; it lives until it is closed."""

    def __init__(
        self,
        db: DBInterface,
        frames: Frames,
        agreement: Agreement,
        watch: PoolWatch,
        dispatcher: CleanupDispatcher,
    ) -> None:
        self._db = db
        self._frames = frames
        self._hello = agreement.hello
        self._pool_id = agreement.ready.initial_snapshot.work_pool.id
        self._told_of = agreement.told_of
        self._sequence = agreement.ready.initial_snapshot.snapshot_sequence
        self._watch = watch
        self._dispatcher = dispatcher
        self._receiver = self._cleanup_receiver(agreement)
        self._desk = CleanupDesk(db, frames, dispatcher, self._receiver)

    async def run(self) -> None:
        """Serve the worker.

        Raises:
            ChannelClosedError: the connection is to be closed so.
            WebSocketDisconnect: the worker is gone.
        """
        if self._receiver is None:
            await self._serve()
            return
        async with self._dispatcher.receiving(self._receiver):
            await self._serve()

    def _cleanup_receiver(self, agreement: Agreement) -> CleanupReceiver | None:
        ready = agreement.ready
        if CLEANUP_DELIVERY not in ready.accepted_capabilities:
            return None
        return CleanupReceiver(
            work_pool_id=self._pool_id,
            consumer_id=self._hello.consumer_id,
            worker_name=self._hello.worker_name,
            kinds=frozenset(self._hello.handled_cleanup_kinds),
            queue_ids=frozenset(queue.id for queue in ready.resolved_work_queues),
            capacity=ready.effective_max_cleanup_concurrency,
            deliver=partial(send_cleanup, self._frames),
        )

    async def _serve(self) -> None:
        """Take one thing after the other: what the worker says, and news of its pool.

        Only the waiting is ever cancelled, never work that is half done.
        """
        said: asyncio.Task[Frame] | None = None
        news: asyncio.Task[None] | None = None
        try:
            while True:
                said = said or asyncio.create_task(self._frames.receive())
                news = news or asyncio.create_task(self._watch.wait())
                await asyncio.wait({said, news}, return_when=asyncio.FIRST_COMPLETED)
                if said.done():
                    frame, said = said.result(), None
                    await self._answer(frame)
                if news.done():
                    news = None
                    await self._send_snapshot()
        finally:
            for waiting in (said, news):
                if waiting is not None and not waiting.cancel() and not waiting.cancelled():
                    # What it ended with is of no interest any more.
                    waiting.exception()

    async def _answer(self, frame: Frame) -> None:
        if frame.type == "worker.heartbeat.v1":
            await self._record_heartbeat(frame)
        elif frame.type in OPERATIONS:
            await self._desk.answer(frame)
        else:
            close(PROTOCOL_ERROR)

    async def _record_heartbeat(self, frame: Frame) -> None:
        heartbeat = read_payload(HeartbeatPayload, frame)
        sender = heartbeat.consumer_id, heartbeat.worker_name
        if sender != (self._hello.consumer_id, self._hello.worker_name):
            close(PROTOCOL_ERROR)
        try:
            async with self._db.session_context(begin_transaction=True) as session:
                pool = await workers.read_work_pool(session=session, work_pool_id=self._pool_id)
                if pool is None:
                    close(HEARTBEAT_FAILED)
                await record_heartbeat(
                    session, pool, heartbeat.worker_name, heartbeat.heartbeat_interval_seconds
                )
        except ChannelClosedError:
            raise
        except Exception as error:
            raise ChannelClosedError(*HEARTBEAT_FAILED) from error
        if pool.updated != self._told_of:
            self._watch.doubt()

    async def _send_snapshot(self) -> None:
        await asyncio.sleep(COALESCE_SECONDS)
        announced = self._watch.take()
        async with self._db.session_context() as session:
            pool = await workers.read_work_pool(session=session, work_pool_id=self._pool_id)
            if pool is None:
                close(AUTHORIZATION_FAILED)
            if pool.updated == self._told_of:
                return
            shown = await describe_pool(session, pool)
        self._told_of = pool.updated
        self._sequence += 1
        reason = SnapshotReason.WORK_POOL_UPDATED if announced else SnapshotReason.HEARTBEAT_RECONCILIATION
        await self._frames.send(
            "work_pool.snapshot.v1",
            SnapshotPayload(snapshot_sequence=self._sequence, reason=reason, work_pool=shown),
        )
