"""Which deployments."""

from uuid import UUID

from penstock.schemas.filters.operators import AnyOf, FewOf, OperatorFilter
from penstock.schemas.foundations import FilterModel
from penstock.schemas.values import SearchText, Text


class DeploymentFilterId(FilterModel):
    """By id."""

    any_: AnyOf[UUID] | None = None
    not_any_: AnyOf[UUID] | None = None


class DeploymentFilterName(FilterModel):
    """By exact name or part of it, whatever the case."""

    any_: AnyOf[Text] | None = None
    like_: SearchText | None = None


class DeploymentOrFlowNameFilter(FilterModel):
    """By part of the deployment's or the flow's name, whatever the case."""

    like_: SearchText | None = None


class DeploymentFilterPaused(FilterModel):
    """By whether it is paused."""

    eq_: bool | None = None


class DeploymentFilterTags(OperatorFilter):
    """By tags; ``is_null_`` true means no tags."""

    all_: FewOf[Text] | None = None
    any_: FewOf[Text] | None = None
    is_null_: bool | None = None


class DeploymentFilterWorkQueueName(FilterModel):
    """By the name of its work queue."""

    any_: AnyOf[Text] | None = None


class DeploymentFilterConcurrencyLimit(FilterModel):
    """Accepted from old clients, and without effect."""

    ge_: int | None = None
    le_: int | None = None
    is_null_: bool | None = None


class DeploymentFilter(OperatorFilter):
    """Choose deployments."""

    id: DeploymentFilterId | None = None
    name: DeploymentFilterName | None = None
    flow_or_deployment_name: DeploymentOrFlowNameFilter | None = None
    paused: DeploymentFilterPaused | None = None
    tags: DeploymentFilterTags | None = None
    work_queue_name: DeploymentFilterWorkQueueName | None = None
    concurrency_limit: DeploymentFilterConcurrencyLimit | None = None
