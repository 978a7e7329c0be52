"""What a poll shows of a run: read as it is stored, and told as it is stored.

Nobody looks at a run between the database and the answer, so its JSON columns stay the texts they are.
What is told is what ``schemas.responses.WorkerFlowRunResponse`` tells of the same run (workers.md 2.4).
"""

from collections.abc import Iterable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from penstock.core.clock import utc_now
from penstock.core.states import StateType
from penstock.schemas.core import FlowRun as FlowRunSchema
from penstock.schemas.run_times import estimated_start_time_delta
from penstock.server.database import DBInterface
from penstock.server.database.dispatch import RunColumns
from penstock.server.database.orm_models import FlowRun
from penstock.server.database.plain import Parameters, Row, Statement, Statements
from penstock.server.database.told import ToldColumns, dump_told

_RECKONED = ("state", "estimated_run_time", "estimated_start_time_delta")
_READ = (
    "id",
    "work_queue_id",
    "deployment_id",
    "next_scheduled_start_time",
    "expected_start_time",
    "start_time",
    "total_run_time",
)
_TOLD = ToldColumns(FlowRun, (name for name in FlowRunSchema.model_fields if name not in _RECKONED), _READ)
_COLUMNS = RunColumns(_TOLD.selected)
_ID, _QUEUE, _DEPLOYMENT, _NEXT_START, _EXPECTED, _STARTED, _RUN_TIME = map(_TOLD.names.index, _READ)


class PolledRun:
    """A run that a poll may show: its columns, in the order of the schema's fields."""

    __slots__ = ("row",)

    def __init__(self, row: Row) -> None:
        self.row = row

    @property
    def id(self) -> UUID:
        """The run's id."""
        found: UUID = self.row[_ID]
        return found

    @property
    def work_queue_id(self) -> UUID | None:
        """The queue in which it waits."""
        found: UUID | None = self.row[_QUEUE]
        return found

    @property
    def deployment_id(self) -> UUID | None:
        """The deployment whose limit it is under, if any."""
        found: UUID | None = self.row[_DEPLOYMENT]
        return found

    @property
    def next_scheduled_start_time(self) -> datetime | None:
        """When it is due; None for a run that is not planned."""
        found: datetime | None = self.row[_NEXT_START]
        return found

    def told(self, now: datetime) -> dict[str, Any]:
        """Return what is told of the run at that time, for ``dump_told``."""
        row = self.row
        told = _TOLD.told(row)
        told["estimated_run_time"] = row[_RUN_TIME]
        told["estimated_start_time_delta"] = estimated_start_time_delta(
            row[_EXPECTED], row[_STARTED], StateType.SCHEDULED, now
        )
        told["state"] = None
        return told


@dataclass(frozen=True, slots=True)
class PolledRunSource:
    """See ``sources.Source``."""

    db: DBInterface
    statements: Statements

    @property
    def columns(self) -> RunColumns:
        """See ``Source``."""
        return _COLUMNS

    async def rows(self, statement: Statement, parameters: Parameters) -> Iterable[Row]:
        """See ``Source``."""
        return await self.statements.rows(statement, parameters)

    def run(self, row: Row) -> PolledRun:
        """See ``Source``."""
        return PolledRun(row)

    def session(self) -> AbstractAsyncContextManager[AsyncSession]:
        """See ``Source``."""
        return self.db.looking_context()


def told_runs(runs: Iterable[tuple[UUID, PolledRun]]) -> bytes:
    """Return the JSON text of an answer: the runs, each given with its pool."""
    now = utc_now()
    told = [
        {"work_pool_id": str(pool_id), "work_queue_id": str(run.work_queue_id), "flow_run": run.told(now)}
        for pool_id, run in runs
    ]
    return dump_told(told)
