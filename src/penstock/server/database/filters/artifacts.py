"""Filters and orders of artifacts and of their collections."""

from typing import Any

import sqlalchemy as sa

from penstock.schemas.filters import ArtifactCollectionFilter, ArtifactFilter
from penstock.schemas.sorting import ArtifactSort
from penstock.server.database.filters.operators import (
    VALUE_OPERATORS,
    Condition,
    Criteria,
    Operators,
    by_value,
    conditions,
)
from penstock.server.database.orm_models import Artifact, ArtifactCollection

ArtifactTable = type[Artifact] | type[ArtifactCollection]


def _exists(column: Any, wanted: bool) -> Condition:
    return VALUE_OPERATORS["is_null_"](column, not wanted)


KEY_OPERATORS: Operators = {**VALUE_OPERATORS, "exists_": _exists}


def _shared_criteria(table: ArtifactTable) -> Criteria:
    return {
        "key": by_value(table.key, KEY_OPERATORS),
        "flow_run_id": by_value(table.flow_run_id),
        "task_run_id": by_value(table.task_run_id),
        "type": by_value(table.type),
    }


ARTIFACT_CRITERIA: Criteria = {"id": by_value(Artifact.id), **_shared_criteria(Artifact)}
COLLECTION_CRITERIA: Criteria = {
    "latest_id": by_value(ArtifactCollection.latest_id),
    **_shared_criteria(ArtifactCollection),
}


def artifact_conditions(artifact_filter: ArtifactFilter) -> list[Condition]:
    """Return the condition on ``artifact``, or nothing when the filter asks nothing."""
    return conditions(artifact_filter, ARTIFACT_CRITERIA)


def artifact_collection_conditions(collection_filter: ArtifactCollectionFilter) -> list[Condition]:
    """Return the condition on ``artifact_collection``, or nothing when the filter asks nothing."""
    return conditions(collection_filter, COLLECTION_CRITERIA)


def artifact_ordering(table: ArtifactTable, sort: ArtifactSort) -> tuple[sa.ColumnElement[Any], ...]:
    """Return the columns to order artifacts or collections by, the id last."""
    orders: dict[ArtifactSort, tuple[sa.ColumnElement[Any], ...]] = {
        ArtifactSort.CREATED_DESC: (table.created.desc(), table.id.desc()),
        ArtifactSort.UPDATED_DESC: (table.updated.desc(), table.id.desc()),
        ArtifactSort.ID_DESC: (table.id.desc(),),
        ArtifactSort.KEY_DESC: (table.key.desc().nulls_last(), table.id.desc()),
        ArtifactSort.KEY_ASC: (table.key.asc().nulls_last(), table.id.asc()),
    }
    return orders[sort]
