"""What the server keeps about itself: JSON objects under keys (orchestration.md 5.10)."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from penstock.core.clock import utc_now
from penstock.core.ids import uuid7
from penstock.server.database import DBInterface, db_injector


@db_injector
async def read_configuration(db: DBInterface, session: AsyncSession, key: str) -> dict[str, Any] | None:
    """Read the object under a key; None when there is none."""
    return await session.scalar(sa.select(db.Configuration.value).where(db.Configuration.key == key))


@db_injector
async def write_configuration(
    db: DBInterface, session: AsyncSession, key: str, value: dict[str, Any]
) -> None:
    """Put an object under a key, in place of the one that is there."""
    row = _row(key, value)
    update = {"value": value, "updated": row["updated"]}
    await session.execute(db.dialect.insert_or_update(db.Configuration, row, key=("key",), update=update))


@db_injector
async def ensure_configuration(
    db: DBInterface, session: AsyncSession, key: str, value: dict[str, Any]
) -> dict[str, Any]:
    """Put an object under a key unless there is one, and return what is there now."""
    await session.execute(db.dialect.insert_or_ignore(db.Configuration, [_row(key, value)]))
    stored = await read_configuration(session=session, key=key)
    assert stored is not None
    return stored


@db_injector
async def delete_configuration(db: DBInterface, session: AsyncSession, key: str) -> None:
    """Remove what is under a key."""
    await session.execute(sa.delete(db.Configuration).where(db.Configuration.key == key))


def _row(key: str, value: dict[str, Any]) -> dict[str, Any]:
    now = utc_now()
    return {"id": uuid7(), "created": now, "updated": now, "key": key, "value": value}
