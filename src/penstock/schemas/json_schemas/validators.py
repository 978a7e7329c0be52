"""Validators that stop in time and know what to overlook."""

import sys
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator, ValidationError
from jsonschema.protocols import Validator
from jsonschema.validators import extend
from jsonschema_specifications import REGISTRY  # type: ignore[import-untyped]
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from penstock.core.effort import TooMuchWorkError
from penstock.schemas.json_schemas.counting import Keyword, counted
from penstock.schemas.json_schemas.null_rules import NullRule
from penstock.schemas.json_schemas.patterns import additional_properties, pattern, pattern_properties
from penstock.schemas.json_schemas.unique_items import unique_items

FRAMES_LEFT = 200
"""Room on the stack for looking up a reference; the library's native part can't do without."""


def schema_validator(schema: dict[str, Any], *, ignore_required: bool, null_rule: NullRule) -> Validator:
    """Return a validator for a schema that knows no other documents than the standard's.

    Raises:
        TooMuchWorkError: the schema has patterns whose searches could not be stopped.
    """
    prepared = _prepared(schema)
    if _has(prepared, "unevaluatedProperties") and _has(prepared, "patternProperties"):
        # by itself the library looks with the patterns for what others have looked at
        raise TooMuchWorkError("it has 'patternProperties' as well as 'unevaluatedProperties'")
    return _validator_class(ignore_required, null_rule)(prepared, registry=_standards())


@cache
def metaschema_validator() -> Validator:
    """Return a validator for schemas."""
    validator: Validator = _extended({})(
        _prepared(Draft202012Validator.META_SCHEMA),
        registry=_standards(),
        format_checker=Draft202012Validator.FORMAT_CHECKER,
    )
    return validator


@cache
def _standards() -> Registry[Any]:
    """Return the documents that the library knows by itself, so that references to them stay with our rules.

    Crawled, or it would find their anchors in its own.
    """
    resources = ((uri, DRAFT202012.create_resource(_prepared(REGISTRY.contents(uri)))) for uri in REGISTRY)
    return Registry().with_resources(resources).crawl()


@cache
def _validator_class(ignore_required: bool, null_rule: NullRule) -> type[Validator]:
    def properties(
        validator: Any, declared: dict[str, Any], instance: Any, schema: Any
    ) -> Iterator[ValidationError]:
        if not validator.is_type(instance, "object"):
            return
        for name, subschema in declared.items():
            if name not in instance:
                continue
            value = instance[name]
            if value is None and isinstance(subschema, dict) and null_rule(subschema):
                continue
            yield from validator.descend(value, subschema, path=name, schema_path=name)

    rules: dict[str, Keyword] = {"properties": properties}
    if ignore_required:
        rules["required"] = lambda *_: None
    return _extended(rules)


def _extended(rules: Mapping[str, Keyword]) -> type[Validator]:
    """Return the library's class with our keywords and these, all of which count what they do."""
    usual = Draft202012Validator.VALIDATORS
    keywords: dict[str, Keyword] = {
        **usual,
        "$ref": _guarded(usual["$ref"]),
        "$dynamicRef": _guarded(usual["$dynamicRef"]),
        "pattern": pattern,
        "patternProperties": pattern_properties,
        "additionalProperties": additional_properties,
        "uniqueItems": unique_items,
        **rules,
    }
    extended: type[Validator] = extend(Draft202012Validator, counted(keywords))  # type: ignore[no-untyped-call]
    return extended


def _guarded(keyword: Keyword) -> Keyword:
    """Every endless way through a schema passes a reference, so it is enough to look there."""

    def guarded(
        validator: Any, reference: Any, instance: Any, schema: Any
    ) -> Iterable[ValidationError] | None:
        if _stack_is_nearly_full():
            raise RecursionError
        return keyword(validator, reference, instance, schema)

    return guarded


def _stack_is_nearly_full() -> bool:
    try:
        sys._getframe(sys.getrecursionlimit() - FRAMES_LEFT)  # noqa: SLF001 - the only cheap question
    except ValueError:
        return False
    return True


def _prepared(value: Any) -> Any:
    """Return the schema without ``$schema``, with keywords that look ahead moved to the end.

    By ``$schema`` the library would go over to a validator without our rules; the moved ones
    follow references unguarded, after the guarded ones have found them finite.
    """
    if isinstance(value, dict):
        kept = ((key, _prepared(item)) for key, item in value.items() if not _names_a_dialect(key, item))
        return dict(sorted(kept, key=lambda entry: entry[0].startswith("unevaluated")))
    return [_prepared(item) for item in value] if isinstance(value, list) else value


def _has(schema: Any, keyword: str) -> bool:
    if isinstance(schema, dict):
        return keyword in schema or any(_has(item, keyword) for item in schema.values())
    return isinstance(schema, list) and any(_has(item, keyword) for item in schema)


def _names_a_dialect(key: str, value: Any) -> bool:
    return key == "$schema" and isinstance(value, str)
