"""Which flows."""

from uuid import UUID

from penstock.schemas.filters.operators import AnyOf, FewOf, OperatorFilter
from penstock.schemas.foundations import FilterModel
from penstock.schemas.values import SearchText, Text


class FlowFilterId(FilterModel):
    """By id."""

    any_: AnyOf[UUID] | None = None
    not_any_: AnyOf[UUID] | None = None


class FlowFilterDeployment(OperatorFilter):
    """By whether the flow has a deployment; ``is_null_`` true means none."""

    is_null_: bool | None = None


class FlowFilterName(FilterModel):
    """By exact name or part of it, whatever the case."""

    any_: AnyOf[Text] | None = None
    like_: SearchText | None = None


class FlowFilterTags(OperatorFilter):
    """By tags; ``is_null_`` true means no tags."""

    all_: FewOf[Text] | None = None
    is_null_: bool | None = None


class FlowFilter(OperatorFilter):
    """Choose flows."""

    id: FlowFilterId | None = None
    deployment: FlowFilterDeployment | None = None
    name: FlowFilterName | None = None
    tags: FlowFilterTags | None = None
