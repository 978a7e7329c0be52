"""Telling this process, and other servers, what was committed (ADR 0003).

Whoever writes rows that others wait for says so with ``announce`` in the same transaction. When
it is over, the listeners of that topic are called; on PostgreSQL the other servers' listeners
are too, by one NOTIFY for all that was announced meanwhile. An announcement carries no data:
listeners look into the database, so one that is lost costs time, never an event.
"""

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Protocol

from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session as SyncSession
from sqlalchemy.orm import SessionTransaction

logger = logging.getLogger(__name__)

Listener = Callable[[], None]

EVENTS = "events"
LOGS = "logs"

_KEY = "announced"
COALESCE_SECONDS = 0.02
RECONNECT_SECONDS = 2.0


class Channel(Protocol):
    """A connection over which servers of one database call each other."""

    async def notify(self, message: str) -> None:
        """Send a message to every server that listens."""

    async def close(self) -> None:
        """Close the connection."""


OpenChannel = Callable[[Callable[[str], None], Callable[[], None]], Awaitable[Channel]]
"""Opens a channel, given what to call with each message and what to call when it is lost."""


def announce(session: AsyncSession, topic: str) -> None:
    """Tell the listeners of a topic when the session's transaction is over."""
    session.info.setdefault(_KEY, set()).add(topic)


class AnnouncingSession(SyncSession):
    """The session under every ``AsyncSession`` of the database: it knows when a transaction ends."""


@event.listens_for(AnnouncingSession, "after_transaction_end")
def _tell(session: SyncSession, transaction: SessionTransaction) -> None:
    if transaction.parent is not None:
        return
    tell_now(session)


def tell_now(session: AsyncSession | SyncSession) -> None:
    """Tell what was announced in a session, as at the end of its transaction, which it may not have had."""
    topics = session.info.pop(_KEY, None)
    db = session.info.get("db")
    if topics and db is not None:
        db.announcements.publish(topics)


class Announcements:
    """The listeners of one database in this process, and the channel to other servers.

    Args:
        open_channel: None where servers cannot call each other.
    """

    def __init__(self, open_channel: OpenChannel | None) -> None:
        self._open_channel = open_channel
        self._name = secrets.token_hex(4)
        self._listeners: dict[str, set[Listener]] = {}
        self._outgoing: set[str] = set()
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def listen(self, topic: str, listener: Listener) -> None:
        """Call ``listener`` after each transaction that announced the topic; it must not block."""
        self._listeners.setdefault(topic, set()).add(listener)

    def forget(self, topic: str, listener: Listener) -> None:
        """Stop calling the listener."""
        self._listeners.get(topic, set()).discard(listener)

    def publish(self, topics: set[str]) -> None:
        """Call the listeners of these topics here, and soon those of other servers."""
        self._call(topics)
        if self._task is not None and self._task.get_loop() is _running_loop():
            self._outgoing |= topics
            self._wake.set()

    def start(self) -> None:
        """Connect to the other servers, on the running event loop."""
        if self._open_channel is not None and self._task is None:
            self._wake = asyncio.Event()
            self._task = asyncio.create_task(self._run(), name="Announcements")

    async def stop(self) -> None:
        """Close the connection to the other servers."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    def _call(self, topics: set[str]) -> None:
        for topic in topics:
            for listener in tuple(self._listeners.get(topic, ())):
                listener()

    def _received(self, message: str) -> None:
        sender, *topics = message.split(",")
        if sender != self._name:
            self._call(set(topics))

    async def _run(self) -> None:
        while True:
            try:
                await self._stay_connected()
            except Exception as error:  # noqa: BLE001 - whatever it is, the next try may do
                logger.warning(
                    "No connection to other servers (%s); next try in %g s", error, RECONNECT_SECONDS
                )
            await asyncio.sleep(RECONNECT_SECONDS)

    async def _stay_connected(self) -> None:
        assert self._open_channel is not None
        lost = asyncio.Event()

        def on_lost() -> None:
            lost.set()
            self._wake.set()

        channel = await self._open_channel(self._received, on_lost)
        try:
            # What was announced elsewhere while there was no connection is unknown: let all look.
            self._call(set(self._listeners))
            while not lost.is_set():
                await self._wake.wait()
                self._wake.clear()
                topics, self._outgoing = self._outgoing, set()
                if topics:
                    await channel.notify(",".join([self._name, *sorted(topics)]))
                await asyncio.sleep(COALESCE_SECONDS)
        finally:
            await channel.close()


def _running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
