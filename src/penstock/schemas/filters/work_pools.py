"""Which work pools."""

from uuid import UUID

from penstock.schemas.filters.operators import AnyOf, OperatorFilter
from penstock.schemas.foundations import FilterModel
from penstock.schemas.values import Text


class WorkPoolFilterId(FilterModel):
    """By id."""

    any_: AnyOf[UUID] | None = None


class WorkPoolFilterName(FilterModel):
    """By exact name."""

    any_: AnyOf[Text] | None = None


class WorkPoolFilterType(FilterModel):
    """By type."""

    any_: AnyOf[Text] | None = None


class WorkPoolFilter(OperatorFilter):
    """Choose work pools."""

    id: WorkPoolFilterId | None = None
    name: WorkPoolFilterName | None = None
    type: WorkPoolFilterType | None = None
