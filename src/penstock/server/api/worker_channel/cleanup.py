"""Cleanup on one connection: handing it to the worker, and hearing what became of it."""

import logging
from typing import Literal
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from penstock.schemas.worker_channel import (
    CleanupMessagePayload,
    CleanupOperationPayload,
    CleanupReleasePayload,
    CleanupResultPayload,
    Frame,
)
from penstock.server.api.worker_channel.frames import Frames, read_payload
from penstock.server.database import DBInterface
from penstock.server.database.orm_models import CleanupMessage
from penstock.server.models import cleanup_messages
from penstock.server.models.cleanup_messages import CleanupResult, CleanupStatus
from penstock.server.services import CleanupDispatcher, CleanupReceiver

logger = logging.getLogger(__name__)

Operation = Literal["ack", "release", "renew"]

OPERATIONS: dict[str, Operation] = {
    "cleanup.ack.v1": "ack",
    "cleanup.release.v1": "release",
    "cleanup.renew.v1": "renew",
}

FAILED = "error"

REFUSALS: dict[str, str] = {
    FAILED: "The server could not do it now; try again.",
    CleanupStatus.NOT_FOUND: "There is no such message, or it is done.",
    CleanupStatus.UNAUTHORIZED: "The message belongs to another pool, or this worker takes no cleanup.",
    CleanupStatus.NOT_CURRENT: "Nobody has the message at present.",
    CleanupStatus.INVALID_TOKEN: "Another worker has the message now.",
    CleanupStatus.EXPIRED: "The lease is over; the message goes to another worker.",
    CleanupStatus.DEAD_LETTERED: "The message was given up after too many attempts.",
}


async def send_cleanup(frames: Frames, message: CleanupMessage) -> None:
    """Hand a reserved message to the worker."""
    assert message.reservation_token is not None
    assert message.lease_expires_at is not None
    payload = CleanupMessagePayload(
        message_id=message.id,
        kind=message.kind,
        reservation_token=message.reservation_token,
        lease_expires_at=message.lease_expires_at,
        delivery_count=message.delivery_count,
        work_queue_id=message.work_queue_id,
        target=message.target,
        data=message.data,
    )
    await frames.send("cleanup.message.v1", payload)


class CleanupDesk:
    """Answers what a worker says about cleanup; without a receiver, the worker takes none."""

    def __init__(
        self,
        db: DBInterface,
        frames: Frames,
        dispatcher: CleanupDispatcher,
        receiver: CleanupReceiver | None,
    ) -> None:
        self._db = db
        self._frames = frames
        self._dispatcher = dispatcher
        self._receiver = receiver

    async def answer(self, frame: Frame) -> None:
        """Do what a frame of ``OPERATIONS`` asks, and send what became of it."""
        operation = OPERATIONS[frame.type]
        shape = CleanupReleasePayload if operation == "release" else CleanupOperationPayload
        asked = read_payload(shape, frame)
        result = await self._settle(operation, asked)
        status = FAILED if result is None else result.status
        await self._frames.send(
            "cleanup.operation_result.v1",
            CleanupResultPayload(
                request_frame_id=frame.id,
                message_id=asked.message_id,
                operation=operation,
                status=status,
                lease_expires_at=None if result is None else result.lease_expires_at,
                reason=None if status == CleanupStatus.ACCEPTED else status,
                detail=REFUSALS.get(status),
            ),
        )

    async def _settle(self, operation: Operation, asked: CleanupOperationPayload) -> CleanupResult | None:
        """Return what became of it; None when the server failed."""
        receiver = self._receiver
        if receiver is None:
            return CleanupResult(CleanupStatus.UNAUTHORIZED)
        try:
            async with self._db.session_context(begin_transaction=True) as session:
                result = await self._ask(session, receiver.work_pool_id, operation, asked)
        except Exception:
            logger.exception("Cleanup message %s: %s failed", asked.message_id, operation)
            return None
        if result.lease_expires_at is not None:
            receiver.leases[asked.message_id] = result.lease_expires_at
        else:
            receiver.leases.pop(asked.message_id, None)
            self._dispatcher.wake(receiver.work_pool_id)
        return result

    async def _ask(
        self,
        session: AsyncSession,
        work_pool_id: UUID,
        operation: Operation,
        asked: CleanupOperationPayload,
    ) -> CleanupResult:
        message_id, token = asked.message_id, asked.reservation_token
        if isinstance(asked, CleanupReleasePayload):
            return await cleanup_messages.release_cleanup_message(
                session=session,
                message_id=message_id,
                work_pool_id=work_pool_id,
                token=token,
                reason=asked.reason,
                max_attempts=self._dispatcher.max_attempts,
            )
        if operation == "ack":
            return await cleanup_messages.acknowledge_cleanup_message(
                session=session, message_id=message_id, work_pool_id=work_pool_id, token=token
            )
        return await cleanup_messages.renew_cleanup_message(
            session=session,
            message_id=message_id,
            work_pool_id=work_pool_id,
            token=token,
            lease_seconds=self._dispatcher.lease_seconds,
        )
