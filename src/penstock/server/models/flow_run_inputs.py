"""Inputs of runs: texts under keys (orchestration.md 4.10)."""

from collections.abc import Collection, Sequence
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from penstock.core.clock import utc_now
from penstock.core.ids import uuid7
from penstock.server.database import DBInterface, db_injector, orm_models


@db_injector
async def create_flow_run_input(
    db: DBInterface,
    session: AsyncSession,
    flow_run_id: UUID,
    key: str,
    value: str,
    sender: str | None = None,
) -> None:
    """Keep a text under a new key of a run.

    Raises:
        IntegrityError: the key is taken, or there is no such run.
    """
    session.add(db.FlowRunInput(flow_run_id=flow_run_id, key=key, value=value, sender=sender))
    await session.flush()


@db_injector
async def write_flow_run_input(
    db: DBInterface, session: AsyncSession, flow_run_id: UUID, key: str, value: str
) -> None:
    """Keep a text under a key of a run, in place of the one that may be there."""
    now = utc_now()
    values = {"flow_run_id": flow_run_id, "key": key, "value": value, "created": now, "updated": now}
    await session.execute(
        db.dialect.insert_or_update(
            db.FlowRunInput,
            {"id": uuid7(), **values},
            key=("flow_run_id", "key"),
            update={"value": value, "updated": now},
        )
    )


@db_injector
async def read_flow_run_input(
    db: DBInterface, session: AsyncSession, flow_run_id: UUID, key: str
) -> orm_models.FlowRunInput | None:
    """Read what is under a key of a run; None when there is nothing."""
    row = db.FlowRunInput
    return await session.scalar(sa.select(row).where(row.flow_run_id == flow_run_id, row.key == key))


@db_injector
async def read_flow_run_inputs(
    db: DBInterface,
    session: AsyncSession,
    flow_run_id: UUID,
    prefix: str = "",
    exclude_keys: Collection[str] = (),
    limit: int | None = None,
) -> Sequence[orm_models.FlowRunInput]:
    """Read the inputs of a run whose keys begin with ``prefix``, the oldest first."""
    row = db.FlowRunInput
    statement = (
        sa.select(row)
        .where(row.flow_run_id == flow_run_id, row.key.startswith(prefix, autoescape=True))
        .order_by(row.created, row.id)
        .limit(limit)
    )
    if exclude_keys:
        statement = statement.where(row.key.not_in(exclude_keys))
    return (await session.scalars(statement)).all()


@db_injector
async def delete_flow_run_input(db: DBInterface, session: AsyncSession, flow_run_id: UUID, key: str) -> bool:
    """Delete what is under a key of a run; returns whether there was something."""
    row = db.FlowRunInput
    deleted = await session.scalar(
        sa.delete(row).where(row.flow_run_id == flow_run_id, row.key == key).returning(row.id)
    )
    return deleted is not None
