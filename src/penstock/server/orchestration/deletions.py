"""Deleting deployments: no run of theirs is left waiting for what will never come."""

from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from penstock.schemas.states import Cancelled
from penstock.server.database import DBInterface, db_injector
from penstock.server.database.states import is_dispatchable
from penstock.server.models import deployments
from penstock.server.orchestration.set_state import set_flow_run_state

CANNOT_GO_ON = "Its deployment was deleted, so nothing can start it again."


@db_injector
async def delete_deployment(db: DBInterface, session: AsyncSession, deployment_id: UUID) -> bool:
    """Delete a deployment with its schedules and the runs that have not started (2.5).

    Runs that have been running and wait for their next try are cancelled; those that are in
    somebody's hands go on. Returns whether there was one.
    """
    run = db.FlowRun
    waiting = await session.scalars(
        sa.select(run.id)
        .where(
            run.deployment_id == deployment_id,
            is_dispatchable(run.state_type, run.retry_type),
            run.run_count > 0,
        )
        .order_by(run.id)
    )
    for flow_run_id in waiting.all():
        await set_flow_run_state(
            session=session, flow_run_id=flow_run_id, state=Cancelled(message=CANNOT_GO_ON)
        )
    return await deployments.delete_deployment(session=session, deployment_id=deployment_id)
