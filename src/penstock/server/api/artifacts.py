"""Routes of artifacts (orchestration.md 4.5)."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Response
from pydantic import TypeAdapter

from penstock.schemas.actions import ArtifactCreate, ArtifactUpdate
from penstock.schemas.core import Artifact, ArtifactCollection
from penstock.schemas.filters import ArtifactCollectionFilter, ArtifactFilter
from penstock.schemas.lists import list_of
from penstock.schemas.sorting import ArtifactSort
from penstock.server.api.dependencies import Database
from penstock.server.api.errors import not_found
from penstock.server.api.json_answers import json_answer, no_content
from penstock.server.api.json_requests import JsonRoute
from penstock.server.api.paging import Limit, Offset
from penstock.server.api.related_filters import Filters, RelatedFilters
from penstock.server.database.filters import ArtifactRelations
from penstock.server.models import artifact_collections, artifacts

router = APIRouter(prefix="/artifacts", tags=["Artifacts"], route_class=JsonRoute)

ARTIFACT = TypeAdapter(Artifact)
ARTIFACTS = list_of(Artifact)
COLLECTIONS = list_of(ArtifactCollection)
COUNT = TypeAdapter(int)

WantedArtifacts = Annotated[ArtifactFilter | None, Body(alias="artifacts")]
WantedCollections = Annotated[ArtifactCollectionFilter | None, Body(alias="artifacts")]
Sort = Annotated[ArtifactSort | None, Body()]


def _relations(filters: RelatedFilters) -> ArtifactRelations:
    return ArtifactRelations(
        flow_runs=filters.flow_runs,
        task_runs=filters.task_runs,
        flows=filters.flows,
        deployments=filters.deployments,
    )


@router.post("/", status_code=201, response_model=Artifact)
async def create_artifact(artifact: ArtifactCreate, db: Database) -> Response:
    """Create an artifact; with a key it is from now on the latest of that key."""
    async with db.session_context(begin_transaction=True) as session:
        row = await artifacts.create_artifact(session=session, artifact=artifact)
    return json_answer(ARTIFACT, Artifact.model_validate(row), status_code=201)


@router.get("/{artifact_id:uuid}", response_model=Artifact)
async def read_artifact(artifact_id: UUID, db: Database) -> Response:
    """Read an artifact by id."""
    async with db.session_context() as session:
        row = await artifacts.read_artifact(session=session, artifact_id=artifact_id)
    if row is None:
        not_found("Artifact not found.")
    return json_answer(ARTIFACT, Artifact.model_validate(row))


@router.get("/{key}/latest", response_model=Artifact)
async def read_latest_artifact(key: str, db: Database) -> Response:
    """Read the latest artifact of a key; the id is that of the key's collection."""
    async with db.session_context() as session:
        row = await artifact_collections.read_artifact_collection(session=session, key=key)
    if row is None:
        not_found("Artifact not found.")
    return json_answer(ARTIFACT, Artifact.model_validate(row))


@router.post("/filter", response_model=list[Artifact])
async def read_artifacts(
    filters: Filters,
    limit: Limit,
    offset: Offset,
    db: Database,
    artifact_filter: WantedArtifacts = None,
    sort: Sort = ArtifactSort.ID_DESC,
) -> Response:
    """Read artifacts, the newest first unless asked otherwise."""
    async with db.session_context() as session:
        rows = await artifacts.read_artifacts(
            session=session,
            artifact_filter=artifact_filter,
            relations=_relations(filters),
            sort=sort or ArtifactSort.ID_DESC,
            offset=offset,
            limit=limit,
        )
    return json_answer(ARTIFACTS, [Artifact.model_validate(row) for row in rows])


@router.post("/latest/filter", response_model=list[ArtifactCollection])
async def read_latest_artifacts(
    filters: Filters,
    limit: Limit,
    offset: Offset,
    db: Database,
    collection_filter: WantedCollections = None,
    sort: Sort = ArtifactSort.ID_DESC,
) -> Response:
    """Read the latest artifact of each key."""
    async with db.session_context() as session:
        rows = await artifact_collections.read_artifact_collections(
            session=session,
            collection_filter=collection_filter,
            relations=_relations(filters),
            sort=sort or ArtifactSort.ID_DESC,
            offset=offset,
            limit=limit,
        )
    return json_answer(COLLECTIONS, [ArtifactCollection.model_validate(row) for row in rows])


@router.post("/count", response_model=int)
async def count_artifacts(
    filters: Filters, db: Database, artifact_filter: WantedArtifacts = None
) -> Response:
    """Count artifacts."""
    async with db.session_context() as session:
        count = await artifacts.count_artifacts(
            session=session, artifact_filter=artifact_filter, relations=_relations(filters)
        )
    return json_answer(COUNT, count)


@router.post("/latest/count", response_model=int)
async def count_latest_artifacts(
    filters: Filters, db: Database, collection_filter: WantedCollections = None
) -> Response:
    """Count the keys that artifacts have."""
    async with db.session_context() as session:
        count = await artifact_collections.count_artifact_collections(
            session=session, collection_filter=collection_filter, relations=_relations(filters)
        )
    return json_answer(COUNT, count)


@router.patch("/{artifact_id:uuid}", status_code=204)
async def update_artifact(artifact_id: UUID, artifact: ArtifactUpdate, db: Database) -> Response:
    """Change the fields that are present in the body."""
    async with db.session_context(begin_transaction=True) as session:
        found = await artifacts.update_artifact(session=session, artifact_id=artifact_id, artifact=artifact)
    if not found:
        not_found("Artifact not found.")
    return no_content()


@router.delete("/{artifact_id:uuid}", status_code=204)
async def delete_artifact(artifact_id: UUID, db: Database) -> Response:
    """Delete an artifact; the one before it becomes the latest of its key."""
    async with db.session_context(begin_transaction=True) as session:
        found = await artifacts.delete_artifact(session=session, artifact_id=artifact_id)
    if not found:
        not_found("Artifact not found.")
    return no_content()
