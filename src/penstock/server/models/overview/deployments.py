"""Deployments with their flows and the runs that were due last."""

from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from penstock.schemas.responses import LastRun
from penstock.server.database import DBInterface, db_injector
from penstock.server.database.expressions import database_now
from penstock.server.database.orm_models import Deployment


@db_injector
async def read_flow_names(
    db: DBInterface, session: AsyncSession, flow_ids: Iterable[UUID]
) -> dict[UUID, str]:
    """Read the names of flows, by id."""
    wanted = sa.select(db.Flow.id, db.Flow.name).where(db.Flow.id.in_(set(flow_ids)))
    return dict((await session.execute(wanted)).all())


@db_injector
async def read_last_runs(
    db: DBInterface, session: AsyncSession, deployments: Sequence[Deployment]
) -> Mapping[UUID, LastRun]:
    """Read the run of each deployment that was due last, by deployment; absent where none has been due."""
    run, deployment = db.FlowRun, db.Deployment
    # From the index of each deployment, however many runs it has had.
    last = (
        sa.select(run.id)
        .where(run.deployment_id == deployment.id, run.expected_start_time <= database_now())
        .order_by(run.expected_start_time.desc())
        .limit(1)
        .correlate(deployment)
        .scalar_subquery()
    )
    ids = [one.id for one in deployments]
    found = sa.select(last.label("id")).select_from(deployment).where(deployment.id.in_(ids)).subquery()
    rows = await session.execute(
        sa.select(
            run.deployment_id,
            run.id,
            run.name,
            run.state_type,
            run.state_name,
            run.expected_start_time,
            run.start_time,
            run.end_time,
        ).where(run.id.in_(sa.select(found.c.id)))
    )
    return {row.deployment_id: LastRun.model_validate(row) for row in rows}
