"""Artifacts and the collections that show the newest of each key (orchestration.md 4.5)."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from penstock import schemas
from penstock.core.clock import utc_now
from penstock.core.ids import uuid7
from penstock.schemas.sorting import ArtifactSort
from penstock.server.database import DBInterface, db_injector, orm_models
from penstock.server.database.filters import ArtifactRelations, artifact_criteria, artifact_ordering
from penstock.server.events import outbox
from penstock.server.events.artifact_events import (
    artifact_collection_created,
    artifact_collection_deleted,
    artifact_collection_updated,
)

CONTENT = ("type", "description", "data", "metadata_", "flow_run_id", "task_run_id")
"""What a collection shows of its newest artifact."""


@db_injector
async def create_artifact(
    db: DBInterface, session: AsyncSession, artifact: schemas.actions.ArtifactCreate
) -> orm_models.Artifact:
    """Create an artifact; with a key it becomes the one that the key's collection shows."""
    now = utc_now()
    row = db.Artifact(
        key=artifact.key,
        created=now,
        updated=now,
        **{field: getattr(artifact, field) for field in CONTENT},
    )
    session.add(row)
    await session.flush()
    if row.key is not None:
        await _show(db, session, row, row.key)
    return row


async def _show(db: DBInterface, session: AsyncSession, artifact: orm_models.Artifact, key: str) -> None:
    shown: dict[str, Any] = {field: getattr(artifact, field) for field in CONTENT}
    shown |= {"latest_id": artifact.id, "updated": artifact.created}
    values = {"id": uuid7(), "created": artifact.created, "key": key, **shown}
    collection = await session.scalar(
        db.dialect.insert_or_update(db.ArtifactCollection, values, key=("key",), update=shown)
        .returning(db.ArtifactCollection)
        .execution_options(populate_existing=True)
    )
    assert collection is not None
    is_new = collection.id == values["id"]
    announce = artifact_collection_created if is_new else artifact_collection_updated
    outbox.record(session, announce(collection))
    await session.flush()


@db_injector
async def read_artifact(
    db: DBInterface, session: AsyncSession, artifact_id: UUID
) -> orm_models.Artifact | None:
    """Read an artifact by id; None when there is none."""
    return await session.get(db.Artifact, artifact_id)


@db_injector
async def read_artifacts(
    db: DBInterface,
    session: AsyncSession,
    artifact_filter: schemas.filters.ArtifactFilter | None = None,
    relations: ArtifactRelations | None = None,
    sort: ArtifactSort = ArtifactSort.ID_DESC,
    offset: int | None = None,
    limit: int | None = None,
) -> Sequence[orm_models.Artifact]:
    """Read the artifacts that match."""
    statement = sa.select(db.Artifact).where(artifact_criteria(artifact_filter, relations))
    statement = statement.order_by(*artifact_ordering(db.Artifact, sort)).offset(offset).limit(limit)
    return (await session.scalars(statement)).all()


@db_injector
async def count_artifacts(
    db: DBInterface,
    session: AsyncSession,
    artifact_filter: schemas.filters.ArtifactFilter | None = None,
    relations: ArtifactRelations | None = None,
) -> int:
    """Count the artifacts that match."""
    statement = sa.select(sa.func.count()).select_from(db.Artifact)
    return await session.scalar(statement.where(artifact_criteria(artifact_filter, relations))) or 0


@db_injector
async def update_artifact(
    db: DBInterface,
    session: AsyncSession,
    artifact_id: UUID,
    artifact: schemas.actions.ArtifactUpdate,
) -> bool:
    """Apply the fields that are set, also where the artifact is shown as the newest of its key.

    Returns:
        False when there is no such artifact.
    """
    row = await session.get(db.Artifact, artifact_id)
    if row is None:
        return False
    changes = artifact.set_fields()
    for field, value in changes.items():
        setattr(row, field, value)
    await session.flush()
    if changes:
        await session.execute(
            sa.update(db.ArtifactCollection)
            .where(db.ArtifactCollection.latest_id == artifact_id)
            .values(**changes)
            .execution_options(synchronize_session=False)
        )
    return True


@db_injector
async def delete_artifact(db: DBInterface, session: AsyncSession, artifact_id: UUID) -> bool:
    """Delete an artifact; its key's collection then shows the one before, or goes with the last.

    Returns:
        False when there is no such artifact.
    """
    row = await session.get(db.Artifact, artifact_id)
    if row is None:
        return False
    collection = await session.scalar(
        sa.select(db.ArtifactCollection)
        .where(db.ArtifactCollection.key == row.key)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    await session.delete(row)
    await session.flush()
    if collection is not None and collection.latest_id == artifact_id:
        await _show_the_one_before(db, session, collection)
    return True


async def _show_the_one_before(
    db: DBInterface, session: AsyncSession, collection: orm_models.ArtifactCollection
) -> None:
    before = await session.scalar(
        sa.select(db.Artifact)
        .where(db.Artifact.key == collection.key)
        .order_by(db.Artifact.created.desc(), db.Artifact.id.desc())
        .limit(1)
    )
    if before is None:
        outbox.record(session, artifact_collection_deleted(collection))
        await session.delete(collection)
    else:
        for field in CONTENT:
            setattr(collection, field, getattr(before, field))
        collection.latest_id = before.id
        outbox.record(session, artifact_collection_updated(collection))
    await session.flush()
