"""The servers of a database, as each of them enters itself."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from penstock.core.clock import utc_now
from penstock.schemas.responses import ServiceStatus
from penstock.server.database import DBInterface, db_injector, orm_models
from penstock.server.database.expressions import database_now, seconds_before_now


@db_injector
async def record_server(
    db: DBInterface,
    session: AsyncSession,
    server_id: UUID,
    *,
    host: str,
    process_id: int,
    version: str,
    started_at: datetime,
    interval_seconds: float,
    services: Sequence[ServiceStatus],
) -> None:
    """Record that a server is alive now, by the database's clock, and how its loops fare; one statement.

    Args:
        interval_seconds: how often it will do so.
        services: all its loops, those that do not run in it too.
    """
    now = utc_now()
    changing = {
        "updated": now,
        "last_seen": database_now(),
        "interval_seconds": interval_seconds,
        "services": [one.model_dump(mode="json") for one in services],
    }
    values = {
        "id": server_id,
        "created": now,
        "host": host,
        "process_id": process_id,
        "version": version,
        "started_at": started_at,
        **changing,
    }
    await session.execute(db.dialect.insert_or_update(db.Server, values, key=("id",), update=changing))


@db_injector
async def read_servers(db: DBInterface, session: AsyncSession) -> Sequence[orm_models.Server]:
    """Read all servers that are known, the living first, of those the one that started first."""
    return (
        await session.scalars(
            sa.select(db.Server).order_by(db.Server.is_alive.desc(), db.Server.started_at, db.Server.id)
        )
    ).all()


@db_injector
async def delete_server(db: DBInterface, session: AsyncSession, server_id: UUID) -> None:
    """Delete a server that ends; nothing happens when it is not known."""
    await session.execute(sa.delete(db.Server).where(db.Server.id == server_id))


@db_injector
async def delete_silent_servers(db: DBInterface, session: AsyncSession, after_seconds: float) -> None:
    """Delete the servers that have not been seen for that long, and for three of their intervals."""
    await session.execute(
        sa.delete(db.Server)
        .where(db.Server.last_seen < seconds_before_now(after_seconds), sa.not_(db.Server.is_alive))
        .execution_options(synchronize_session=False)
    )
