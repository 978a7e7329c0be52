"""How a WebSocket of the API begins: the subprotocol ``prefect`` and a frame that says who calls.

The contract is orchestration.md 4.3. A socket whose beginning is wrong is closed with the code
that clients know.
"""

import asyncio
import json
import secrets
from typing import Any

from fastapi import WebSocket

SUBPROTOCOL = "prefect"
NOT_AUTHENTICATED = 1008
PROTOCOL_ERROR = 1002
TRY_AGAIN = 1011
AUTH_SECONDS = 10.0


async def accept(websocket: WebSocket) -> bool:
    """Accept a socket and settle who calls; False when it was closed instead.

    A client that does not offer the subprotocol is accepted as it is, where the API is open to all.
    """
    expected: str | None = getattr(websocket.app.state, "api_auth_string", None)
    if SUBPROTOCOL not in websocket.scope.get("subprotocols", ()):
        await websocket.accept()
        if expected:
            await websocket.close(PROTOCOL_ERROR, f"The subprotocol '{SUBPROTOCOL}' is required.")
            return False
        return True
    await websocket.accept(subprotocol=SUBPROTOCOL)
    try:
        async with asyncio.timeout(AUTH_SECONDS):
            frame = await receive_object(websocket)
    except TimeoutError:
        await websocket.close(NOT_AUTHENTICATED, "No authentication was sent.")
        return False
    if frame is None:
        return False
    if frame.get("type") != "auth" or not is_known(frame.get("token"), expected):
        await websocket.close(NOT_AUTHENTICATED, "Authentication failed.")
        return False
    await websocket.send_text('{"type":"auth_success"}')
    return True


async def receive_object(websocket: WebSocket) -> dict[str, Any] | None:
    """Receive one frame as a JSON object, an empty one for anything else; None when the client is gone."""
    message = await websocket.receive()
    if message["type"] == "websocket.disconnect":
        return None
    try:
        found = json.loads(message.get("text") or message.get("bytes") or "null")
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def is_known(token: object, expected: str | None) -> bool:
    """Return whether a token opens the API; any does where none is expected."""
    if not expected:
        return True
    return isinstance(token, str) and secrets.compare_digest(token.encode(), expected.encode())
