"""The history of a run (orchestration.md 1.3)."""

from collections.abc import Sequence
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from penstock.server.database import DBInterface, db_injector, orm_models


@db_injector
async def read_flow_run_state(
    db: DBInterface, session: AsyncSession, flow_run_state_id: UUID
) -> orm_models.FlowRunState | None:
    """Read one state by id; None when there is none."""
    return await session.get(db.FlowRunState, flow_run_state_id)


@db_injector
async def read_flow_run_states(
    db: DBInterface, session: AsyncSession, flow_run_id: UUID
) -> Sequence[orm_models.FlowRunState]:
    """Read the states of a run, the oldest first."""
    return (
        await session.scalars(
            sa.select(db.FlowRunState)
            .where(db.FlowRunState.flow_run_id == flow_run_id)
            .order_by(db.FlowRunState.timestamp, db.FlowRunState.id)
        )
    ).all()
