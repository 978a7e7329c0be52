"""What a database has to offer beyond the SQL that both understand."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import sqlalchemy as sa
from sqlalchemy.engine import URL, Connection
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from penstock.server.database.announcements import OpenChannel
from penstock.server.database.direct import Driver
from penstock.server.database.plain import Statements


class Dialect(Driver, Protocol):
    """One database kind. Everything else in the server is the same for both."""

    url: URL
    name: str
    single_writer: bool
    """True where the process must hand out write transactions one at a time."""

    lists_at_once: int
    """How many lists may be read at once."""

    writes_in_ctes: bool
    """True where INSERT, UPDATE and DELETE may be parts of one statement."""

    row_version: str | None
    """A column of every table that changes with every change of a row; None where there is none."""

    reader_options: Mapping[str, Any]
    """Execution options of connections that only read."""

    looker_options: Mapping[str, Any]
    """Execution options of connections that need no transaction to read in."""

    writer_options: Mapping[str, Any]
    """Execution options of connections whose transactions write."""

    open_channel: OpenChannel | None
    """How servers of one database call each other; None where only polling tells."""

    def create_engine(self, *, brief: bool = False) -> AsyncEngine:
        """Return a new engine; a connection is in autocommit until a transaction begins.

        Args:
            brief: for statements that are done in no time, and of which one plan, by indexes, is good for
                all values.
        """

    async def prepare(self) -> None:
        """Make what must exist before the first connection (the file's folder)."""

    def lock_for_migration(self, connection: Connection) -> None:
        """Wait until no other process migrates; held until the transaction ends."""

    async def snapshot_bounds(self, session: AsyncSession) -> tuple[int, int] | None:
        """Return the oldest transaction under way and the next one to come.

        None where rows always become visible in the order in which they were numbered.
        """

    async def enter_transitions(self, statements: Statements) -> None:
        """Count this transaction among the state changes under way, before it reads any limit."""

    async def wait_for_transitions(self, session: AsyncSession) -> None:
        """Wait until no state change is under way; none starts before this transaction ends.

        Called before a limit is set on what had none: transitions under way did not see it.
        """

    def insert_or_update(
        self,
        table: type[Any],
        values: Mapping[str, Any],
        *,
        key: Sequence[str],
        update: Mapping[str, Any],
    ) -> sa.Insert:
        """Return an INSERT that becomes an UPDATE when ``key`` exists already."""

    def insert_or_ignore(
        self, table: type[Any], rows: Sequence[Mapping[str, Any]] | None = None
    ) -> sa.Insert:
        """Return an INSERT that leaves rows out whose unique keys exist already.

        Without rows, they are given when the statement is executed: better for many.
        """
