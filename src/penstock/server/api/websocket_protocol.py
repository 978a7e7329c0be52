"""Answering pings only when what came before them is safe (orchestration.md 4.3).

A client that sends events takes the answer to a ping as the receipt for all it has sent. The
server's WebSocket protocol would answer while those events still wait in memory.
"""

from collections import deque
from typing import Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

EXTENSION = "penstock.pongs"
"""Where an application finds the connection's ``Receipts`` in the scope's extensions."""

_OPCODE = 0x0F
_PONG = 0x0A


class Receipts:
    """Counts messages: how many came, and how many of these are taken in."""

    def __init__(self) -> None:
        self.came = 0
        self.delivered = 0
        self.taken = 0
        self.held = False
        self.waiting: deque[tuple[int, bytes]] = deque()
        self.send: Any = None

    def hold(self) -> None:
        """From now on answer a ping only when all messages before it are taken in."""
        self.taken = self.delivered
        self.held = True

    def take(self, messages: int = 1) -> None:
        """Say that so many further messages are safe, in the order in which they came."""
        self.taken += messages
        while self.waiting and self.waiting[0][0] <= self.taken:
            self.send(self.waiting.popleft()[1])


class WebSocketProtocol(WebSocketsSansIOProtocol):
    """uvicorn's protocol, with pongs that wait for the application where it asks for that."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._receipts = Receipts()
        self._receipts.send = self._write
        self._pongs: deque[bytes] = deque()

    def handle_connect(self, event: Any) -> None:
        """Offer the receipts to the application."""
        super().handle_connect(event)
        if hasattr(self, "scope"):
            extensions: dict[str, Any] = self.scope["extensions"]
            extensions[EXTENSION] = self._receipts

    def send_receive_event_to_app(self) -> None:
        """Count the message."""
        self._receipts.came += 1
        super().send_receive_event_to_app()

    async def receive(self) -> Any:
        """Count the message as delivered."""
        message = await super().receive()
        if message["type"] == "websocket.receive":
            self._receipts.delivered += 1
        return message

    def handle_ping(self) -> None:
        """Send the pong that is due, now or when the messages before it are taken in."""
        for frame in self.conn.data_to_send():
            # Several pings may have come at once; their pongs are made in the same order.
            if frame and frame[0] & _OPCODE == _PONG:
                self._pongs.append(frame)
            else:
                self._write(frame)
        if not self._pongs:
            return
        pong = self._pongs.popleft()
        if self._receipts.held and self._receipts.taken < self._receipts.came:
            self._receipts.waiting.append((self._receipts.came, pong))
        else:
            self._write(pong)

    def _write(self, frame: bytes) -> None:
        if frame and not self.transport.is_closing() and not self.disconnected:
            self.transport.write(frame)
