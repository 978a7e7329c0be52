"""Which variables."""

from uuid import UUID

from penstock.schemas.filters.operators import AnyOf, FewOf, OperatorFilter
from penstock.schemas.foundations import FilterModel
from penstock.schemas.values import SearchText, Text


class VariableFilterId(FilterModel):
    """By id."""

    any_: AnyOf[UUID] | None = None


class VariableFilterName(FilterModel):
    """By exact name or part of it, whatever the case."""

    any_: AnyOf[Text] | None = None
    like_: SearchText | None = None


class VariableFilterTags(OperatorFilter):
    """By tags; ``is_null_`` true means no tags."""

    all_: FewOf[Text] | None = None
    is_null_: bool | None = None


class VariableFilter(OperatorFilter):
    """Choose variables."""

    id: VariableFilterId | None = None
    name: VariableFilterName | None = None
    tags: VariableFilterTags | None = None
