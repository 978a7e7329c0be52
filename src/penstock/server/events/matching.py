"""Whether an event fits a filter, decided in memory as the database would decide it."""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from fnmatch import translate
from functools import cached_property

from penstock.schemas.core.events import RESOURCE_ID, RESOURCE_ROLE, ReceivedEvent
from penstock.schemas.filters import (
    EventAnyResourceFilter,
    EventFilter,
    EventNameFilter,
    EventRelatedFilter,
)
from penstock.schemas.filters.events import LabelValues
from penstock.server.database.filters.text_search import parse_text_query

Labels = Mapping[str, str | None]
Test = Callable[[ReceivedEvent], bool]


class EventMatcher:
    """A filter made ready to be asked about many events; an empty list asks nothing."""

    def __init__(self, event_filter: EventFilter) -> None:
        self.filter = event_filter
        self._tests = list(_tests(event_filter))

    def matches(self, event: ReceivedEvent) -> bool:
        """Return whether the event fits all that the filter asks; its order says nothing here."""
        return all(test(event) for test in self._tests)

    @cached_property
    def names(self) -> frozenset[str] | None:
        """The only names that can match; None when any might."""
        asked = self.filter.event
        return None if asked is None or not asked.name else frozenset(asked.name)

    @cached_property
    def resource_ids(self) -> frozenset[str] | None:
        """Ids of resources of which a matching event names at least one; None when it need not."""
        given = [self.filter.resource, *self.filter.all_related, *self.filter.all_any_resource]
        for one in given:
            if one is not None and one.id:
                return frozenset(one.id)
        return None


def _tests(asked: EventFilter) -> Iterable[Test]:
    occurred, ids = asked.occurred, asked.id.id
    if occurred.since is not None or occurred.until is not None:
        yield lambda event: occurred.includes(event.occurred)
    if ids:
        wanted = frozenset(ids)
        yield lambda event: event.id in wanted
    if asked.event is not None:
        yield from _name_tests(asked.event)
    if asked.resource is not None:
        fits_resource = _resource_test(asked.resource)
        yield lambda event: fits_resource(event.resource)
    for related in asked.all_related:
        yield _any_of(_related_test(related), own=False)
    for any_resource in asked.all_any_resource:
        yield _any_of(_resource_test(any_resource), own=True)
    if asked.text is not None:
        yield _text_test(asked.text.query)


def _name_tests(asked: EventNameFilter) -> Iterable[Test]:
    if asked.prefix:
        prefixes = tuple(asked.prefix)
        yield lambda event: event.event.startswith(prefixes)
    if asked.exclude_prefix:
        excluded_prefixes = tuple(asked.exclude_prefix)
        yield lambda event: not event.event.startswith(excluded_prefixes)
    if asked.name:
        names = frozenset(asked.name)
        yield lambda event: event.event in names
    if asked.exclude_name:
        excluded = frozenset(asked.exclude_name)
        yield lambda event: event.event not in excluded


def _resource_test(asked: EventAnyResourceFilter) -> Callable[[Labels], bool]:
    ids = frozenset(asked.id) if asked.id else None
    prefixes = tuple(asked.id_prefix) if asked.id_prefix else None
    fits_labels = _label_test(asked.labels or {})

    def test(labels: Labels) -> bool:
        resource_id = labels.get(RESOURCE_ID) or ""
        return (
            (ids is None or resource_id in ids)
            and (prefixes is None or resource_id.startswith(prefixes))
            and fits_labels(labels)
        )

    return test


def _related_test(asked: EventRelatedFilter) -> Callable[[Labels], bool]:
    fits = _resource_test(EventAnyResourceFilter(id=asked.id, labels=asked.labels))
    roles = frozenset(asked.role) if asked.role else None
    pairs = frozenset(asked.resources_in_roles) if asked.resources_in_roles else None

    def test(labels: Labels) -> bool:
        role = labels.get(RESOURCE_ROLE)
        return (
            fits(labels)
            and (roles is None or role in roles)
            and (pairs is None or (labels.get(RESOURCE_ID), role) in pairs)
        )

    return test


def _any_of(fits: Callable[[Labels], bool], *, own: bool) -> Test:
    def test(event: ReceivedEvent) -> bool:
        return (own and fits(event.resource)) or any(fits(one) for one in event.related)

    return test


def _label_test(asked: LabelValues) -> Callable[[Labels], bool]:
    patterns: list[tuple[str, list[re.Pattern[str]], list[re.Pattern[str]]]] = []
    for label, values in asked.items():
        listed = values if isinstance(values, list) else [values]
        wanted = [_glob(value) for value in listed if not value.startswith("!")]
        unwanted = [_glob(value[1:]) for value in listed if value.startswith("!")]
        patterns.append((label, wanted, unwanted))

    def test(labels: Labels) -> bool:
        return all(_fits(labels.get(label), wanted, unwanted) for label, wanted, unwanted in patterns)

    return test


def _fits(value: str | None, wanted: list[re.Pattern[str]], unwanted: list[re.Pattern[str]]) -> bool:
    if value is None:
        return not wanted
    if any(pattern.fullmatch(value) for pattern in unwanted):
        return False
    return not wanted or any(pattern.fullmatch(value) for pattern in wanted)


def _glob(text: str) -> re.Pattern[str]:
    # the library's patterns take no longer for many stars; brackets mean nothing here
    return re.compile(translate(text.replace("[", "[[]")))


def _text_test(query: str) -> Test:
    asked = parse_text_query(query)
    wanted, required, excluded = (
        [term.casefold() for term in terms] for terms in (asked.wanted, asked.required, asked.excluded)
    )

    def test(event: ReceivedEvent) -> bool:
        parts = (event.event, event.resource, event.related, event.payload)
        text = " ".join(json.dumps(part, ensure_ascii=False, default=str) for part in parts).casefold()
        return (
            (not wanted or any(term in text for term in wanted))
            and all(term in text for term in required)
            and not any(term in text for term in excluded)
        )

    return test
