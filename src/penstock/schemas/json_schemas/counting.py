"""Keywords that count what they do, so that a check ends (ADR 0016)."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from jsonschema import ValidationError

from penstock.core.effort import spend

Keyword = Callable[[Any, Any, Any, Any], Iterable[ValidationError] | None]
Cost = Callable[[Any, Any, Any], int]

CHARACTERS_IN_A_STEP = 64
"""Texts are handled by the machine itself."""

REFERENCE_STEPS = 10
COMPARISON_STEPS = 5
DESCENT_STEPS = 2


def counted(keywords: Mapping[str, Keyword]) -> dict[str, Keyword]:
    """Return the keywords, each of which counts its steps before it looks at anything."""
    return {name: _counted(name, keyword) for name, keyword in keywords.items()}


def _counted(name: str, keyword: Keyword) -> Keyword:
    cost = _COSTS_OF_APPLICATORS.get(name)
    if cost is None:
        return _asserting(keyword, _COSTS_OF_ASSERTIONS.get(name, _of_wanted))

    def apply(validator: Any, wanted: Any, instance: Any, schema: Any) -> Iterable[ValidationError] | None:
        # no generator, of which the stack would hold one more for each level of a schema
        spend(cost(wanted, instance, schema))
        return keyword(validator, wanted, instance, schema)

    return apply


def _asserting(keyword: Keyword, cost: Cost) -> Keyword:
    def apply(validator: Any, wanted: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
        spend(cost(wanted, instance, schema))
        for error in keyword(validator, wanted, instance, schema) or ():
            # the message shows the value; where one of many schemas has to fit, all messages are kept
            spend(len(error.message) // CHARACTERS_IN_A_STEP)
            yield error

    return apply


def _entries(value: Any) -> int:
    return 1 + len(value) if isinstance(value, list | dict) else 1


def _size_of(value: object) -> int:
    """Return the number of values in a value that JSON can hold; a long text counts as several."""
    if isinstance(value, dict):
        return 1 + sum(map(_size_of, value.values()))
    if isinstance(value, list | tuple):
        return 1 + sum(map(_size_of, value))
    return 1 + len(value) // CHARACTERS_IN_A_STEP if isinstance(value, str) else 1


def _of_wanted(wanted: Any, instance: Any, schema: Any) -> int:
    return _entries(wanted)


def _of_entries(wanted: Any, instance: Any, schema: Any) -> int:
    return DESCENT_STEPS * _entries(instance)


def _of_choice(wanted: Any, instance: Any, schema: Any) -> int:
    """Its message shows the value."""
    return _entries(wanted) + _size_of(instance)


def _of_reference(wanted: Any, instance: Any, schema: Any) -> int:
    return REFERENCE_STEPS


def _of_search(wanted: Any, instance: Any, schema: Any) -> int:
    """The library looks for each entry in a list of all that other keywords have looked at."""
    return _size_of(schema) * _entries(instance) + _size_of(instance)


def _of_comparison(wanted: Any, instance: Any, schema: Any) -> int:
    return COMPARISON_STEPS * _size_of(wanted)


def _of_distinction(wanted: Any, instance: Any, schema: Any) -> int:
    return COMPARISON_STEPS * _size_of(instance)


_COSTS_OF_APPLICATORS: Mapping[str, Cost] = {
    **dict.fromkeys(("$ref", "$dynamicRef"), _of_reference),
    **dict.fromkeys(("allOf", "if", "prefixItems", "properties", "dependentSchemas"), _of_wanted),
    **dict.fromkeys(("anyOf", "oneOf", "not", "contains"), _of_choice),
    **dict.fromkeys(("items", "propertyNames", "additionalProperties", "patternProperties"), _of_entries),
    **dict.fromkeys(("unevaluatedItems", "unevaluatedProperties"), _of_search),
}
"""Keywords that apply other schemas."""

_COSTS_OF_ASSERTIONS: Mapping[str, Cost] = {
    **dict.fromkeys(("const", "enum"), _of_comparison),
    "uniqueItems": _of_distinction,
}
"""Keywords that judge a value themselves, where they look at more than their own entries."""
