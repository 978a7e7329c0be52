"""Is it a schema, and does a value fit it?"""

import json
import re
from functools import lru_cache
from typing import Any

import regex
from jsonschema import ValidationError
from jsonschema.exceptions import UnknownType
from referencing.exceptions import Unresolvable

from penstock.core.effort import limited_effort
from penstock.core.errors import Fault
from penstock.schemas.json_schemas.errors import CircularSchemaError, InvalidSchemaError
from penstock.schemas.json_schemas.null_rules import NullRule
from penstock.schemas.json_schemas.sentences import missing, sentence
from penstock.schemas.json_schemas.validators import metaschema_validator, schema_validator

LONGEST_REASON = 300
MOST_FAULTS = 20
LONGEST_REMEMBERED_SCHEMA = 100_000

UNUSABLE = (re.error, regex.error, UnknownType, TypeError, ValueError, AttributeError, ArithmeticError)
"""What applying a schema ends in when, for example, its pattern is no regular expression."""


def check_json_schema(schema: dict[str, Any], field: str) -> None:
    """Raise InvalidSchemaError, about ``field``, when the value is no JSON schema."""
    try:
        text = json.dumps(schema, default=str)
        remembered = len(text) <= LONGEST_REMEMBERED_SCHEMA
        fault = _fault_of(text) if remembered else _fault_of.__wrapped__(text)
    except RecursionError:
        raise CircularSchemaError(field, "The JSON schema is nested too deeply.") from None
    if fault:
        raise InvalidSchemaError(field, f"The JSON schema is not valid: {sentence(fault)}", fault)


@lru_cache(maxsize=256)
def _fault_of(schema: str) -> Fault | None:
    """Remembered, because every run of a deployment asks about the same schema."""
    try:
        with limited_effort():
            for error in metaschema_validator().iter_errors(json.loads(schema)):
                return Fault(tuple(error.absolute_path), _shortened(error.message))
    except UNUSABLE as error:
        return Fault((), str(error))
    return None


def find_mismatches(
    instance: Any, schema: dict[str, Any], *, field: str, ignore_required: bool, null_rule: NullRule
) -> list[Fault]:
    """Return the first places at which the value differs from the schema.

    ``null_rule`` says for a property's schema whether null is accepted besides what it says.
    Raises InvalidSchemaError, about ``field``, when the schema can't be used.
    """
    faults: list[Fault] = []
    try:
        validator = schema_validator(schema, ignore_required=ignore_required, null_rule=null_rule)
        with limited_effort():
            for error in validator.iter_errors(instance):
                faults.append(Fault(_place_of(error), _shortened(error.message)))
                if len(faults) == MOST_FAULTS:
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
    return faults


def _place_of(error: ValidationError) -> tuple[str | int, ...]:
    """Return where the error belongs: for a property that is missing, where it should be."""
    path = tuple(error.absolute_path)
    if error.validator != "required":
        return path
    required: Any = error.validator_value
    return path + tuple(name for name in required if missing(name) == error.message)[:1]


def _shortened(message: str) -> str:
    return message if len(message) <= LONGEST_REASON else f"{message[:LONGEST_REASON]}…"
