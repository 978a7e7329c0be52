"""Where the choice of due runs reads, and what it knows of a run.

Who takes runs reads them to change them. A poll only shows them: it reads what it shows
(``polled_runs``). Who only asks which runs would be chosen reads no more than their places.
"""

from collections.abc import AsyncIterator, Iterable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, Protocol, TypeVar
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from penstock.server.database.dispatch import WHOLE, RunColumns
from penstock.server.database.loose_rows import stored_columns, stored_row
from penstock.server.database.orm_models import FlowRun
from penstock.server.database.plain import Parameters, Row, SessionNeededError, Statement, Statements
from penstock.server.models.workers.polled_runs import PolledRun


class RunPlace(NamedTuple):
    """A run, as far as its place in the order of dispatch goes."""

    id: UUID
    work_queue_id: UUID | None
    deployment_id: UUID | None
    next_scheduled_start_time: datetime | None


Run = TypeVar("Run", bound=FlowRun | PolledRun | RunPlace)
Run_co = TypeVar("Run_co", bound=FlowRun | PolledRun | RunPlace, covariant=True)


class Source(Protocol[Run_co]):
    """Where due runs are read."""

    @property
    def columns(self) -> RunColumns:
        """What is read of a run."""

    async def rows(self, statement: Statement, parameters: Parameters) -> Iterable[Row]:
        """Read the rows of a statement of ``database.dispatch`` or ``database.lanes``."""

    def run(self, row: Row) -> Run_co:
        """Return the run of a row that begins with ``columns``."""

    def session(self) -> AbstractAsyncContextManager[AsyncSession]:
        """Return a session for what is read seldom."""


@dataclass(frozen=True, slots=True)
class _Reading:
    """A session by which is read."""

    of: AsyncSession

    async def rows(self, statement: Statement, parameters: Parameters) -> Iterable[Row]:
        """See ``Source``."""
        rows: Iterable[Any] = await self.of.execute(statement, parameters)
        return rows

    @asynccontextmanager
    async def session(self) -> AsyncIterator[AsyncSession]:
        """See ``Source``."""
        yield self.of


@dataclass(frozen=True, slots=True)
class SessionSource(_Reading):
    """The transaction of a session, whose objects the runs are."""

    columns: RunColumns = WHOLE

    def run(self, row: Row) -> FlowRun:
        """See ``Source``."""
        run: FlowRun = row[0]
        return run


PLACE = RunColumns(tuple(sa.inspect(FlowRun).columns[name] for name in RunPlace._fields))


@dataclass(frozen=True, slots=True)
class PlaceSource(_Reading):
    """The places of runs, by a session."""

    columns: RunColumns = PLACE

    def run(self, row: Row) -> RunPlace:
        """See ``Source``."""
        return RunPlace(*row[: len(PLACE.selected)])


WHOLE_ROW = RunColumns(tuple(stored_columns(FlowRun).values()))


@dataclass(frozen=True, slots=True)
class RowSource:
    """A transaction whose session, if there is one, knows nothing of the runs: objects of no session."""

    statements: Statements
    of: AsyncSession | None = None
    columns: RunColumns = WHOLE_ROW

    async def rows(self, statement: Statement, parameters: Parameters) -> Iterable[Row]:
        """See ``Source``."""
        return await self.statements.rows(statement, parameters)

    def run(self, row: Row) -> FlowRun:
        """See ``Source``."""
        return stored_row(FlowRun, row[: len(WHOLE_ROW.selected)])

    @asynccontextmanager
    async def session(self) -> AsyncIterator[AsyncSession]:
        """See ``Source``.

        Raises:
            SessionNeededError: the transaction has none.
        """
        if self.of is None:
            raise SessionNeededError
        yield self.of
