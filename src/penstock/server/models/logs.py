"""Logs of runs (orchestration.md 4.1)."""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from penstock import schemas
from penstock.core.ids import uuid7
from penstock.server.database import DBInterface, db_injector, orm_models
from penstock.server.database.announcements import LOGS, announce
from penstock.server.database.filters import log_criteria, log_ordering


@db_injector
async def create_logs(
    db: DBInterface,
    session: AsyncSession,
    logs: Sequence[schemas.core.Log | schemas.actions.LogCreate],
) -> None:
    """Write log lines; NUL bytes, which PostgreSQL can't keep, are taken out of the texts."""
    if not logs:
        return
    announce(session, LOGS)
    await session.execute(
        sa.insert(db.Log),
        [
            {
                "id": uuid7(),
                "name": log.name.replace("\x00", ""),
                "level": log.level,
                "message": log.message.replace("\x00", ""),
                "timestamp": log.timestamp,
                "flow_run_id": log.flow_run_id,
                "task_run_id": log.task_run_id,
            }
            for log in logs
        ],
    )


@db_injector
async def read_logs(
    db: DBInterface,
    session: AsyncSession,
    log_filter: schemas.filters.LogFilter | None = None,
    offset: int | None = None,
    limit: int | None = None,
    sort: schemas.sorting.LogSort = schemas.sorting.LogSort.TIMESTAMP_ASC,
) -> Sequence[orm_models.Log]:
    """Read the log lines that match."""
    statement = sa.select(db.Log).order_by(*log_ordering(sort)).offset(offset).limit(limit)
    if log_filter is not None:
        statement = statement.where(log_criteria(log_filter))
    return (await session.scalars(statement)).all()
