"""The keywords of schemas that search by patterns, so that each search ends."""

from collections.abc import Iterator, Mapping
from typing import Any

from jsonschema import Draft202012Validator, ValidationError

from penstock.schemas.json_schemas.counting import Keyword
from penstock.schemas.json_schemas.search import is_found

_additional: Keyword = Draft202012Validator.VALIDATORS["additionalProperties"]


def pattern(validator: Any, wanted: str, instance: Any, schema: Any) -> Iterator[ValidationError]:
    """A text has to contain what the pattern describes."""
    if validator.is_type(instance, "string") and not is_found(wanted, instance):
        yield ValidationError(f"{instance!r} does not match {wanted!r}")


def pattern_properties(
    validator: Any, patterns: Mapping[str, Any], instance: Any, schema: Any
) -> Iterator[ValidationError]:
    """What has such a name has to fit the schema that comes with the pattern."""
    if not validator.is_type(instance, "object"):
        return
    for wanted, subschema in patterns.items():
        for name, value in instance.items():
            if is_found(wanted, name):
                yield from validator.descend(value, subschema, path=name, schema_path=wanted)


def additional_properties(
    validator: Any, subschema: Any, instance: Any, schema: Any
) -> Iterator[ValidationError]:
    """What no other keyword names has to fit the schema, or must not be there."""
    patterns = schema.get("patternProperties")
    if patterns and validator.is_type(instance, "object"):
        instance = {
            name: value
            for name, value in instance.items()
            if not any(is_found(wanted, name) for wanted in patterns)
        }
        schema = {key: value for key, value in schema.items() if key != "patternProperties"}
    yield from _additional(validator, subschema, instance, schema) or ()
