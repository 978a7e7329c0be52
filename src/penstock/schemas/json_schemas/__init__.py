"""Checking values against JSON schemas (draft 2020-12) that users wrote.

Such a schema may be anything: it may be wrong, refer to itself, or point at other machines.
Whatever it is, the answer is a sentence and comes soon, nothing is fetched, and the stack is not exhausted.
"""

from penstock.schemas.json_schemas.errors import CircularSchemaError, InvalidSchemaError
from penstock.schemas.json_schemas.late_checks import check_json_schema, find_mismatches
from penstock.schemas.json_schemas.null_rules import null_where_default, null_where_default_is_null
from penstock.schemas.json_schemas.sentences import told

__all__ = [
    "CircularSchemaError",
    "InvalidSchemaError",
    "check_json_schema",
    "find_mismatches",
    "null_where_default",
    "null_where_default_is_null",
    "told",
]
