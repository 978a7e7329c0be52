"""The route of the worker channel."""

import logging

from fastapi import APIRouter, WebSocket, WebSocketDisconnect

from penstock.server.api.worker_channel.frames import SERVER_ERROR, ChannelClosedError, Frames
from penstock.server.api.worker_channel.handshake import authenticate, receive_hello
from penstock.server.api.worker_channel.session import WorkerSession
from penstock.server.api.worker_channel.setup import set_up
from penstock.server.api.worker_channel.watch import PoolWatch
from penstock.server.database import DBInterface
from penstock.server.services import CleanupDispatcher

logger = logging.getLogger(__name__)

router = APIRouter(prefix="/work_pools/{work_pool_name}/workers", tags=["Workers"])


@router.websocket("/connect")
async def connect(websocket: WebSocket, work_pool_name: str) -> None:
    """Serve one worker of a pool until either side ends the connection."""
    try:
        await _serve(websocket, work_pool_name)
    except WebSocketDisconnect:
        return
    except ChannelClosedError as closed:
        logger.info("Worker channel of pool '%s' closed: %s", work_pool_name, closed)
        await _close(websocket, closed)
    except Exception:
        logger.exception("Worker channel of pool '%s' failed", work_pool_name)
        await _close(websocket, ChannelClosedError(*SERVER_ERROR))


async def _serve(websocket: WebSocket, work_pool_name: str) -> None:
    db: DBInterface = websocket.app.state.db
    dispatcher: CleanupDispatcher = websocket.app.state.cleanup_dispatcher
    await authenticate(websocket)
    frames = Frames(websocket)
    hello = await receive_hello(frames)
    watch = PoolWatch(db)
    try:
        agreement = await set_up(db, work_pool_name, hello, watch)
        await frames.send("worker.ready.v1", agreement.ready)
        await WorkerSession(db, frames, agreement, watch, dispatcher).run()
    finally:
        watch.stop()


async def _close(websocket: WebSocket, closed: ChannelClosedError) -> None:
    try:
        await websocket.close(closed.code, closed.reason)
    except (RuntimeError, WebSocketDisconnect):
        # The worker went first.
        return
