"""Passing on rows as they are committed, to whoever in this process waits for them.

A relay follows one numbered table (``database.tail``) while it has subscribers. It reads when
the table is announced, here or on another server, and now and then in case a call was lost.
What it reads was committed, so nothing is ever told that was rolled back.
"""

import asyncio
import logging
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable, Hashable, Iterable
from contextlib import asynccontextmanager, suppress
from typing import Any, Generic, TypeVar

from sqlalchemy import Row

from penstock.server.database import DBInterface
from penstock.server.database.tail import Tail

logger = logging.getLogger(__name__)

Message = TypeVar("Message")

BUFFER_SIZE = 256
BATCH_SIZE = 500
RETRY_SECONDS = 1.0
EVERYTHING: Hashable = ("everything",)
"""The key of subscribers that must be asked about every message."""


class Subscription(Generic[Message]):
    """What one subscriber has still to take; when it is slow, what finds no room is dropped."""

    def __init__(self, keys: frozenset[Hashable], matches: Callable[[Message], bool]) -> None:
        self.keys = keys
        self.matches = matches
        self.dropped = 0
        self._buffer: asyncio.Queue[Message] = asyncio.Queue(BUFFER_SIZE)

    def offer(self, message: Message) -> None:
        """Keep a message for the subscriber, or count it as dropped."""
        try:
            self._buffer.put_nowait(message)
        except asyncio.QueueFull:
            self.dropped += 1

    async def next(self) -> Message:
        """Wait for the next message."""
        return await self._buffer.get()


class Relay(ABC, Generic[Message]):
    """One table, and the subscribers in this process.

    Subscribers are found by keys: a message is matched only against those that share a key with it.
    """

    def __init__(self, db: DBInterface, table: type[Any], topic: str, *, poll_seconds: float) -> None:
        self._db = db
        self._table = table
        self._topic = topic
        self._poll_seconds = poll_seconds
        self._by_key: dict[Hashable, set[Subscription[Message]]] = {}
        self._subscribers = 0
        self._starting = asyncio.Lock()
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    @abstractmethod
    def message(self, row: Row[Any]) -> Message:
        """Return what subscribers get for a row."""

    @abstractmethod
    def keys(self, row: Row[Any]) -> Iterable[Hashable]:
        """Return the keys under which subscribers of this row may stand."""

    @asynccontextmanager
    async def subscribed(
        self, keys: Iterable[Hashable], matches: Callable[[Message], bool]
    ) -> AsyncIterator[Subscription[Message]]:
        """Subscribe to the messages that match, committed from now on, until the block is left.

        Args:
            keys: a message that shares none of them cannot match.
            matches: decides about those that do.
        """
        subscription = Subscription(frozenset(keys), matches)
        self._add(subscription)
        try:
            await self._ensure_running()
            yield subscription
        finally:
            self._remove(subscription)
            if subscription.dropped:
                logger.warning("A slow subscriber missed %d %s", subscription.dropped, self._topic)

    async def stop(self) -> None:
        """End the reading; subscriptions get nothing more."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    def _add(self, subscription: Subscription[Message]) -> None:
        for key in subscription.keys:
            self._by_key.setdefault(key, set()).add(subscription)
        self._subscribers += 1

    def _remove(self, subscription: Subscription[Message]) -> None:
        for key in subscription.keys:
            sharing = self._by_key[key]
            sharing.discard(subscription)
            if not sharing:
                del self._by_key[key]
        self._subscribers -= 1
        self._wake.set()

    async def _ensure_running(self) -> None:
        async with self._starting:
            if self._task is not None and not self._task.done():
                return
            tail = Tail(self._db, self._table)
            async with self._db.session_context() as session:
                await tail.start(session)
            self._task = asyncio.create_task(self._run(tail), name=type(self).__name__)

    async def _run(self, tail: Tail) -> None:
        self._db.announcements.listen(self._topic, self._wake.set)
        try:
            while self._subscribers:
                try:
                    await self._publish_all(tail)
                except Exception:
                    logger.exception("Reading new %s failed; next try in %g s", self._topic, RETRY_SECONDS)
                    await asyncio.sleep(RETRY_SECONDS)
                    continue
                with suppress(TimeoutError):
                    async with asyncio.timeout(self._poll_seconds):
                        await self._wake.wait()
        finally:
            self._db.announcements.forget(self._topic, self._wake.set)

    async def _publish_all(self, tail: Tail) -> None:
        while True:
            self._wake.clear()
            async with self._db.session_context() as session:
                rows = await tail.read(session, BATCH_SIZE)
            for row in rows:
                self._publish(row)
            if len(rows) < BATCH_SIZE:
                return
            await asyncio.sleep(0)

    def _publish(self, row: Row[Any]) -> None:
        found: set[Subscription[Message]] = set()
        for key in (EVERYTHING, *self.keys(row)):
            found |= self._by_key.get(key, set())
        if not found:
            return
        message = self.message(row)
        for subscription in found:
            if subscription.matches(message):
                subscription.offer(message)
