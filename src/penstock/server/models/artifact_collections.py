"""Collections: the newest artifact of each key (orchestration.md 4.5). ``artifacts`` keeps them."""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from penstock import schemas
from penstock.schemas.sorting import ArtifactSort
from penstock.server.database import DBInterface, db_injector, orm_models
from penstock.server.database.filters import (
    ArtifactRelations,
    artifact_collection_criteria,
    artifact_ordering,
)


@db_injector
async def read_artifact_collection(
    db: DBInterface, session: AsyncSession, key: str
) -> orm_models.ArtifactCollection | None:
    """Read the collection of a key; None when no artifact has it."""
    return await session.scalar(sa.select(db.ArtifactCollection).where(db.ArtifactCollection.key == key))


@db_injector
async def read_artifact_collections(
    db: DBInterface,
    session: AsyncSession,
    collection_filter: schemas.filters.ArtifactCollectionFilter | None = None,
    relations: ArtifactRelations | None = None,
    sort: ArtifactSort = ArtifactSort.ID_DESC,
    offset: int | None = None,
    limit: int | None = None,
) -> Sequence[orm_models.ArtifactCollection]:
    """Read the collections that match."""
    statement = sa.select(db.ArtifactCollection)
    statement = statement.where(artifact_collection_criteria(collection_filter, relations))
    statement = statement.order_by(*artifact_ordering(db.ArtifactCollection, sort))
    return (await session.scalars(statement.offset(offset).limit(limit))).all()


@db_injector
async def count_artifact_collections(
    db: DBInterface,
    session: AsyncSession,
    collection_filter: schemas.filters.ArtifactCollectionFilter | None = None,
    relations: ArtifactRelations | None = None,
) -> int:
    """Count the collections that match."""
    statement = sa.select(sa.func.count()).select_from(db.ArtifactCollection)
    statement = statement.where(artifact_collection_criteria(collection_filter, relations))
    return await session.scalar(statement) or 0
