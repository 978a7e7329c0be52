"""Which events (orchestration.md 4.3)."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, TypeVar
from uuid import UUID

from pydantic import BeforeValidator, Field, StringConstraints

from penstock.schemas.filters.operators import AnyOf, FewOf
from penstock.schemas.foundations import FilterModel
from penstock.schemas.timestamps import Timestamp
from penstock.schemas.values import SearchText, Text

LabelValues = dict[Text, SearchText | FewOf[SearchText]]
"""What labels must be: each value may hold ``*`` and ``?``, and a leading ``!`` says what it must not be.

Of several values one that is wanted will do; none that is unwanted may be there.
"""


Part = TypeVar("Part", bound=FilterModel)


def _null_as_nothing(value: Any) -> Any:
    return {} if value is None else value


OrNothing = Annotated[Part, BeforeValidator(_null_as_nothing)]
"""A part of a filter that asks nothing when it is null."""


class EventOrder(StrEnum):
    """By the time at which events occurred."""

    ASC = "ASC"
    DESC = "DESC"


class EventOccurredFilter(FilterModel):
    """By time, both ends included; left open, it is the last 180 days until now."""

    since: Timestamp | None = None
    until: Timestamp | None = None

    def includes(self, moment: datetime) -> bool:
        """Return whether a moment lies between the ends that are given."""
        return (self.since is None or moment >= self.since) and (self.until is None or moment <= self.until)


class EventNameFilter(FilterModel):
    """By name; all that is given must hold."""

    prefix: FewOf[SearchText] | None = None
    exclude_prefix: FewOf[SearchText] | None = None
    name: AnyOf[Text] | None = None
    exclude_name: AnyOf[Text] | None = None


class EventAnyResourceFilter(FilterModel):
    """By a resource that the event is about or related to."""

    id: FewOf[Text] | None = None
    id_prefix: FewOf[SearchText] | None = None
    labels: LabelValues | None = None


class EventResourceFilter(EventAnyResourceFilter):
    """By the resource the event is about; ``distinct`` keeps the newest event of each."""

    id: AnyOf[Text] | None = None
    distinct: bool | None = False


class EventRelatedFilter(FilterModel):
    """By a related resource: one of them must fit all that is given."""

    id: FewOf[Text] | None = None
    role: AnyOf[Text] | None = None
    resources_in_roles: FewOf[tuple[Text, Text]] | None = None
    labels: LabelValues | None = None


class EventIdFilter(FilterModel):
    """By id."""

    id: AnyOf[UUID] | None = None


class EventTextFilter(FilterModel):
    """By words anywhere in the event, whatever their case; see ``LogFilterTextSearch``."""

    query: Annotated[Text, StringConstraints(max_length=200)]


class EventFilter(FilterModel):
    """Choose events; all that is given must hold."""

    occurred: OrNothing[EventOccurredFilter] = Field(default_factory=EventOccurredFilter)
    event: EventNameFilter | None = None
    resource: EventResourceFilter | None = None
    related: EventRelatedFilter | FewOf[EventRelatedFilter] | None = None
    any_resource: EventAnyResourceFilter | FewOf[EventAnyResourceFilter] | None = None
    id: OrNothing[EventIdFilter] = Field(default_factory=EventIdFilter)
    text: EventTextFilter | None = None
    order: EventOrder | None = EventOrder.DESC

    @property
    def all_related(self) -> list[EventRelatedFilter]:
        """The filters of related resources, all of which must find one."""
        if self.related is None:
            return []
        return self.related if isinstance(self.related, list) else [self.related]

    @property
    def all_any_resource(self) -> list[EventAnyResourceFilter]:
        """The filters of any resource, all of which must find one."""
        if self.any_resource is None:
            return []
        return self.any_resource if isinstance(self.any_resource, list) else [self.any_resource]
