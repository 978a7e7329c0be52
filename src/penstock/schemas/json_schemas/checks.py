"""Is it a schema, and does a value fit it?"""

import json
import re
from functools import lru_cache
from typing import Any

from jsonschema import SchemaError, ValidationError
from jsonschema.exceptions import UnknownType
from referencing.exceptions import Unresolvable

from penstock.schemas.json_schemas.errors import CircularSchemaError, InvalidSchemaError
from penstock.schemas.json_schemas.validators import NullRule, metaschema_validator, schema_validator

LONGEST_REASON = 300
MOST_REASONS = 3
LONGEST_REMEMBERED_SCHEMA = 100_000

UNUSABLE = (re.error, UnknownType, TypeError, ValueError, AttributeError, ArithmeticError)
"""What applying a schema ends in when, for example, its pattern is no regular expression."""


def check_json_schema(schema: dict[str, Any], field: str) -> None:
    """Raise InvalidSchemaError, about ``field``, when the value is no JSON schema."""
    try:
        text = json.dumps(schema, default=str)
        remembered = len(text) <= LONGEST_REMEMBERED_SCHEMA
        problem = _problem_of(text) if remembered else _problem_of.__wrapped__(text)
    except RecursionError:
        raise CircularSchemaError(field, "The JSON schema is nested too deeply.") from None
    if problem:
        raise InvalidSchemaError(field, f"The JSON schema is not valid: {problem}")


@lru_cache(maxsize=256)
def _problem_of(schema: str) -> str | None:
    """Remembered, because every run of a deployment asks about the same schema."""
    try:
        for error in metaschema_validator().iter_errors(json.loads(schema)):
            return _describe(error)
    except UNUSABLE as error:
        return f"{error}."
    return None


def find_mismatches(
    instance: Any, schema: dict[str, Any], *, field: str, ignore_required: bool, null_rule: NullRule
) -> list[str]:
    """Return at most three sentences about where the value differs from the schema.

    ``null_rule`` says for a property's schema whether null is accepted besides what it says.
    Raises InvalidSchemaError, about ``field``, when the schema can't be used.
    """
    reasons = []
    try:
        validator = schema_validator(schema, ignore_required=ignore_required, null_rule=null_rule)
        for error in validator.iter_errors(instance):
            reasons.append(_describe(error))
            if len(reasons) == MOST_REASONS:
                break
    except RecursionError:
        raise CircularSchemaError(
            field, "The JSON schema refers to itself without end, or the value is nested too deeply."
        ) from None
    except Unresolvable as error:
        raise InvalidSchemaError(
            field, f"The JSON schema refers to '{error.ref}', which it does not contain."
        ) from None
    except UNUSABLE as error:
        raise InvalidSchemaError(field, f"The JSON schema can't be applied: {error}.") from None
    return reasons


def _describe(error: ValidationError | SchemaError) -> str:
    message = error.message
    if len(message) > LONGEST_REASON:
        message = f"{message[:LONGEST_REASON]}…"
    place = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in error.absolute_path)
    return f"'{place.lstrip('.')}': {message}." if place else f"{message}."
