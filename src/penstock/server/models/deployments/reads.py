"""Reading deployments with their schedules, queues and pools (orchestration.md 2.2)."""

from collections.abc import Sequence
from functools import lru_cache
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload, lazyload

from penstock import schemas
from penstock.server.database import DBInterface, db_injector, orm_models
from penstock.server.database.filters import (
    DeploymentRelations,
    deployment_criteria,
    deployment_ordering,
)


def loaded_deployments() -> sa.Select[orm_models.Deployment]:
    """Select deployments together with their queues and pools."""
    deployment = orm_models.Deployment
    return (
        sa.select(deployment)
        .options(
            joinedload(deployment.work_queue),
            joinedload(deployment.work_pool),
            joinedload(deployment.concurrency_limit),
        )
        .execution_options(populate_existing=True)
    )


@db_injector
async def read_deployment(
    db: DBInterface, session: AsyncSession, deployment_id: UUID, with_schedules: bool = True
) -> orm_models.Deployment | None:
    """Read a deployment with its queue and pool, and with its schedules; None when there is none."""
    return await session.scalar(_one_by_id(with_schedules), {"deployment_id": deployment_id})


@lru_cache(maxsize=2)
def _one_by_id(with_schedules: bool) -> sa.Select[orm_models.Deployment]:
    """Return the statement, which is too long to be put together for every run that is created."""
    deployment = orm_models.Deployment
    statement = loaded_deployments().where(deployment.id == sa.bindparam("deployment_id", type_=sa.Uuid()))
    return statement if with_schedules else statement.options(lazyload(deployment.schedules))


@db_injector
async def read_deployment_by_name(
    db: DBInterface, session: AsyncSession, name: str, flow_name: str
) -> orm_models.Deployment | None:
    """Read a deployment by flow name and name; None when there is none."""
    return await session.scalar(
        loaded_deployments()
        .join(db.Flow, db.Flow.id == db.Deployment.flow_id)
        .where(db.Flow.name == flow_name, db.Deployment.name == name)
    )


@db_injector
async def read_deployments(
    db: DBInterface,
    session: AsyncSession,
    deployment_filter: schemas.filters.DeploymentFilter | None = None,
    relations: DeploymentRelations | None = None,
    sort: schemas.sorting.DeploymentSort = schemas.sorting.DeploymentSort.NAME_ASC,
    offset: int | None = None,
    limit: int | None = None,
) -> Sequence[orm_models.Deployment]:
    """Read the deployments that match, with schedules, queues and pools."""
    statement = loaded_deployments().order_by(*deployment_ordering(sort)).offset(offset).limit(limit)
    statement = statement.where(deployment_criteria(deployment_filter, relations))
    return (await session.scalars(statement)).all()


@db_injector
async def count_deployments(
    db: DBInterface,
    session: AsyncSession,
    deployment_filter: schemas.filters.DeploymentFilter | None = None,
    relations: DeploymentRelations | None = None,
) -> int:
    """Count the deployments that match."""
    statement = sa.select(sa.func.count()).select_from(db.Deployment)
    statement = statement.where(deployment_criteria(deployment_filter, relations))
    return await session.scalar(statement) or 0
