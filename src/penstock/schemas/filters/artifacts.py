"""Which artifacts, and which collections of them."""

from uuid import UUID

from penstock.schemas.filters.operators import AnyOf, OperatorFilter
from penstock.schemas.foundations import FilterModel
from penstock.schemas.values import SearchText, Text


class ArtifactFilterId(FilterModel):
    """By id."""

    any_: AnyOf[UUID] | None = None


class ArtifactFilterKey(FilterModel):
    """By exact key, part of it, or having one."""

    any_: AnyOf[Text] | None = None
    like_: SearchText | None = None
    exists_: bool | None = None


class ArtifactFilterFlowRunId(FilterModel):
    """By the flow run that made it."""

    any_: AnyOf[UUID] | None = None


class ArtifactFilterTaskRunId(FilterModel):
    """By the task run that made it."""

    any_: AnyOf[UUID] | None = None


class ArtifactFilterType(FilterModel):
    """By type."""

    any_: AnyOf[Text] | None = None
    not_any_: AnyOf[Text] | None = None


class ArtifactFilter(OperatorFilter):
    """Choose artifacts."""

    id: ArtifactFilterId | None = None
    key: ArtifactFilterKey | None = None
    flow_run_id: ArtifactFilterFlowRunId | None = None
    task_run_id: ArtifactFilterTaskRunId | None = None
    type: ArtifactFilterType | None = None


class ArtifactCollectionFilterLatestId(FilterModel):
    """By the id of the newest artifact."""

    any_: AnyOf[UUID] | None = None


class ArtifactCollectionFilter(OperatorFilter):
    """Choose collections, by their newest artifact."""

    latest_id: ArtifactCollectionFilterLatestId | None = None
    key: ArtifactFilterKey | None = None
    flow_run_id: ArtifactFilterFlowRunId | None = None
    task_run_id: ArtifactFilterTaskRunId | None = None
    type: ArtifactFilterType | None = None
