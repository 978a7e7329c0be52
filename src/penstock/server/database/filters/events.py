"""Filters and orders of events (orchestration.md 4.3)."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from penstock.schemas.core.events import RESOURCE_ID, RESOURCE_ROLE
from penstock.schemas.filters import (
    EventAnyResourceFilter,
    EventFilter,
    EventNameFilter,
    EventOrder,
    EventRelatedFilter,
)
from penstock.server.database.expressions import fits_glob, has_element, has_pair, json_elements, label_text
from penstock.server.database.filters.operators import Condition
from penstock.server.database.filters.text_search import TextQuery, parse_text_query
from penstock.server.database.json import dump_json
from penstock.server.database.orm_models import Event

_GLOB_SPECIAL = str.maketrans({"[": "[[]"})
_LIKE_SPECIAL = str.maketrans({"%": "~%", "_": "~_", "~": "~~", "*": "%", "?": "_"})
_AS_IS = str.maketrans({"[": "[[]", "*": "[*]", "?": "[?]"})


def event_criteria(event_filter: EventFilter) -> Condition:
    """Return the condition on ``event``; an empty list asks nothing."""
    return sa.and_(sa.true(), *_conditions(event_filter))


def distinct_event_ids(event_filter: EventFilter) -> sa.Select[Any]:
    """Select the ids of the newest event of each resource, of those that match."""
    place = sa.func.row_number().over(
        partition_by=Event.resource_id, order_by=(Event.occurred.desc(), Event.id.desc())
    )
    numbered = sa.select(Event.id, place.label("place")).where(event_criteria(event_filter)).subquery()
    return sa.select(numbered.c.id).where(numbered.c.place == 1)


def event_ordering(order: EventOrder | None) -> tuple[sa.ColumnElement[Any], ...]:
    """Return the columns to order events by, the id last."""
    if order is EventOrder.ASC:
        return Event.occurred.asc(), Event.id.asc()
    return Event.occurred.desc(), Event.id.desc()


def after_event(order: EventOrder | None, occurred: datetime, event_id: UUID) -> Condition:
    """Return the condition of the events that come after this one in the order."""
    place = sa.tuple_(Event.occurred, Event.id)
    last = sa.tuple_(sa.literal(occurred, Event.occurred.type), sa.literal(event_id, Event.id.type))
    return place > last if order is EventOrder.ASC else place < last


def _conditions(asked: EventFilter) -> Iterable[Condition]:
    if asked.occurred.since is not None:
        yield Event.occurred >= asked.occurred.since
    if asked.occurred.until is not None:
        yield Event.occurred <= asked.occurred.until
    if asked.id.id:
        yield Event.id.in_(asked.id.id)
    if asked.event is not None:
        yield from _by_name(asked.event)
    if asked.resource is not None:
        yield from _by_labels_of(Event.resource, Event.resource_id, asked.resource)
    for related in asked.all_related:
        yield from _by_related(related)
    for any_resource in asked.all_any_resource:
        yield from _by_any_resource(any_resource)
    if asked.text is not None:
        yield from _by_text(parse_text_query(asked.text.query))


def _by_name(asked: EventNameFilter) -> Iterable[Condition]:
    if asked.prefix:
        yield _starts_with_any(Event.event, asked.prefix)
    if asked.exclude_prefix:
        yield sa.not_(_starts_with_any(Event.event, asked.exclude_prefix))
    if asked.name:
        yield Event.event.in_(asked.name)
    if asked.exclude_name:
        yield Event.event.not_in(asked.exclude_name)


def _by_labels_of(labels: Any, resource_id: Any, asked: EventAnyResourceFilter) -> Iterable[Condition]:
    if asked.id:
        yield resource_id.in_(asked.id)
    if asked.id_prefix:
        yield _starts_with_any(resource_id, asked.id_prefix)
    for label, values in (asked.labels or {}).items():
        yield _label_fits(labels, label, values)


def _by_related(asked: EventRelatedFilter) -> Iterable[Condition]:
    pairs = asked.resources_in_roles or ()
    only_pairs = pairs and not (asked.id or asked.role or asked.labels)
    if asked.id:
        yield sa.or_(*(_is_related({RESOURCE_ID: one}) for one in asked.id))
    if pairs:
        yield sa.or_(*(_is_related({RESOURCE_ID: one, RESOURCE_ROLE: its_role}) for one, its_role in pairs))
    if only_pairs or (asked.id and not (pairs or asked.role or asked.labels)):
        return

    def fits(labels: Any) -> Iterable[Condition]:
        resource_id, role = _text_of(labels, RESOURCE_ID), _text_of(labels, RESOURCE_ROLE)
        yield from _by_labels_of(
            labels, resource_id, EventAnyResourceFilter(id=asked.id, labels=asked.labels)
        )
        if asked.role:
            yield role.in_(asked.role)
        if pairs:
            yield sa.or_(*(sa.and_(resource_id == one, role == its_role) for one, its_role in pairs))

    yield _some_related(fits)


def _by_any_resource(asked: EventAnyResourceFilter) -> Iterable[Condition]:
    if asked.id:
        yield sa.or_(Event.resource_id.in_(asked.id), *(_is_related({RESOURCE_ID: one}) for one in asked.id))
    if not (asked.id_prefix or asked.labels):
        return
    own = sa.and_(*_by_labels_of(Event.resource, Event.resource_id, asked))
    yield sa.or_(
        own,
        _some_related(lambda labels: _by_labels_of(labels, _text_of(labels, RESOURCE_ID), asked)),
    )


def _is_related(labels: dict[str, str]) -> Condition:
    """True where a related resource has these labels; found by index on PostgreSQL."""
    wanted = sa.literal(dump_json(labels), sa.Text())
    return has_pair(Event.related, wanted) if len(labels) == 1 else has_element(Event.related, wanted)


def _some_related(fits: Any) -> Condition:
    """True where all the conditions hold for one related resource."""
    one = json_elements(Event.related).table_valued("value", name="related_resource")
    return sa.exists(sa.select(sa.literal(1)).select_from(one).where(*fits(one.c.value)).correlate(Event))


def _text_of(labels: Any, label: str) -> Any:
    return label_text(labels, sa.literal(label, sa.Text()))


def _label_fits(labels: Any, label: str, values: str | list[str]) -> Condition:
    listed = values if isinstance(values, list) else [values]
    text = _text_of(labels, label)
    wanted = [_fits(text, value) for value in listed if not value.startswith("!")]
    unwanted = [_fits(text, value[1:]) for value in listed if value.startswith("!")]
    none_unwanted = [sa.or_(text.is_(None), sa.not_(sa.or_(*unwanted)))] if unwanted else []
    return sa.and_(sa.true(), *([sa.or_(*wanted)] if wanted else []), *none_unwanted)


def _fits(text: Any, pattern: str) -> Condition:
    if "*" not in pattern and "?" not in pattern:
        equal: Condition = text == pattern
        return equal
    return _glob(text, pattern.translate(_GLOB_SPECIAL), pattern.translate(_LIKE_SPECIAL))


def _starts_with_any(text: Any, beginnings: Sequence[str]) -> Condition:
    return sa.or_(
        *(_glob(text, beginning.translate(_AS_IS) + "*", _like_start(beginning)) for beginning in beginnings)
    )


def _like_start(beginning: str) -> str:
    escaped = beginning.replace("~", "~~").replace("%", "~%").replace("_", "~_")
    return f"{escaped}%"


def _glob(text: Any, glob: str, like: str) -> Condition:
    return fits_glob(text, sa.literal(glob, sa.Text()), sa.literal(like, sa.Text()))


def _by_text(query: TextQuery) -> Iterable[Condition]:
    parts = (
        Event.event,
        *(sa.cast(column, sa.Text()) for column in (Event.resource, Event.related, Event.payload)),
    )

    def says(term: str) -> Condition:
        return sa.or_(*(part.icontains(term, autoescape=True) for part in parts))

    yield from (says(term) for term in query.required)
    yield from (sa.not_(says(term)) for term in query.excluded)
    if query.wanted:
        yield sa.or_(*map(says, query.wanted))
