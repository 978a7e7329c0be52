"""How clients and server recognise the same fields: the checksum of a block schema (orchestration.md 4.7).

Clients reckon it too and ask by it, so it must agree to the bit. Recorded from clients:
SHA-256 over the JSON text ``[[fields], {}]`` with sorted keys, where ``fields`` has lost what
blocks inside the block and secret fields say.
"""

import json
from hashlib import sha256
from typing import Any

BLOCK_MARK = "block_type_slug"
"""What tells the definition of a block from that of any other object."""


def block_schema_checksum(fields: dict[str, Any]) -> str:
    """Return ``sha256:`` and the checksum of the fields."""
    counted = _without_secret_fields(fields)
    definitions = counted.pop("definitions", None)
    if isinstance(definitions, dict):
        definitions = {name: definition for name, definition in definitions.items() if _counts(definition)}
    if definitions:
        counted["definitions"] = definitions
    text = json.dumps([[counted], {}], sort_keys=True)
    return f"sha256:{sha256(text.encode()).hexdigest()}"


def _counts(definition: Any) -> bool:
    return bool(definition) and not (isinstance(definition, dict) and BLOCK_MARK in definition)


def _without_secret_fields(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_secret_fields(item) for key, item in value.items() if key != "secret_fields"}
    if isinstance(value, list):
        return [_without_secret_fields(item) for item in value]
    return value
