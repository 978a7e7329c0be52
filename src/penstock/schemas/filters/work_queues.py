"""Which work queues."""

from uuid import UUID

from penstock.schemas.filters.operators import AnyOf, FewOf, OperatorFilter
from penstock.schemas.foundations import FilterModel
from penstock.schemas.values import SearchText, Text


class WorkQueueFilterId(FilterModel):
    """By id."""

    any_: AnyOf[UUID] | None = None


class WorkQueueFilterName(FilterModel):
    """By exact name, and by any of some beginnings whatever their case; both must hold."""

    any_: AnyOf[Text] | None = None
    startswith_: FewOf[SearchText] | None = None


class WorkQueueFilter(OperatorFilter):
    """Choose work queues."""

    id: WorkQueueFilterId | None = None
    name: WorkQueueFilterName | None = None
