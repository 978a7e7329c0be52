"""The smallest body that an operation takes, and the places in which values stand in its bodies."""

import re
from collections.abc import Iterator
from typing import Any

from schemathesis.schemas import APIOperation

from tests.fuzz.cases import NAMES, kind_of_id
from tests.fuzz.servers import kind_of_path, known

EXAMPLES = {"date-time": "2026-01-01T00:00:00Z", "duration": "PT1H"}
RESOURCE = {"prefect.resource.id": "it"}
DEEPEST = 5

Place = tuple[str | int, ...]


def path_to_something(template: str, **segments: str) -> str:
    """Return the path with the names and ids of things that exist, except for the given segments."""

    def fill(found: re.Match[str]) -> str:
        name = found[1]
        if name in segments:
            return segments[name]
        return NAMES[name][0] if name in NAMES else known(kind_of_id(name, kind_of_path(template)), 0)

    return re.sub(r"\{(\w+)\}", fill, template)


class Bodies:
    """What is known of the bodies of one operation; ``schema`` is None where it takes none."""

    def __init__(self, operation: APIOperation) -> None:
        described = operation.schema.raw_schema
        content = described["paths"][operation.path][operation.method.lower()].get("requestBody", {})
        self.schema = content["content"]["application/json"]["schema"] if content else None
        self._components = described["components"]["schemas"]
        self._kind = kind_of_path(operation.path)

    def places(self) -> list[Place]:
        """Return where values stand, each place once."""
        return sorted(set(self._places(self.schema, ())), key=str)

    def smallest(self) -> Any:
        """Return a body with the required parts, which refer to things that exist."""
        return self._smallest(self.schema, "")

    def with_value(self, place: Place, value: Any) -> Any:
        """Return the smallest body with the value in one place."""
        return _put(self.smallest(), place, value)

    def _places(self, schema: Any, above: Place) -> Iterator[Place]:
        if len(above) > DEEPEST:
            return
        schema = self._resolve(schema)
        for alternative in _alternatives(schema):
            yield from self._places(alternative, above)
        if "items" in schema:
            yield (*above, 0)
            yield from self._places(schema["items"], (*above, 0))
        if isinstance(schema.get("additionalProperties"), dict):
            yield (*above, "key")
        for name, part in schema.get("properties", {}).items():
            yield (*above, name)
            yield from self._places(part, (*above, name))

    def _smallest(self, schema: Any, key: str) -> Any:
        schema = self._resolve(schema)
        alternatives = _alternatives(schema)
        if alternatives:
            return self._smallest(alternatives[0], key)
        if schema.get("type") == "object":
            parts = schema.get("properties", {})
            required = {name: self._smallest(parts[name], name) for name in schema.get("required", [])}
            return RESOURCE if key == "resource" else required
        if schema.get("type") == "array":
            return [self._smallest(schema["items"], key)]
        return self._scalar(schema, key)

    def _scalar(self, schema: Any, key: str) -> Any:
        if "enum" in schema or "const" in schema:
            return schema.get("const", schema.get("enum", [None])[0])
        if schema.get("format") == "uuid":
            return known(kind_of_id(key, self._kind), 0)
        text = EXAMPLES.get(schema.get("format", "")) or NAMES.get(key, ["word"])[0]
        number = max(1, schema.get("minimum", 1))
        return {"string": text, "integer": number, "number": number, "boolean": True}.get(schema.get("type"))

    def _resolve(self, schema: Any) -> Any:
        return self._components[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema


def _alternatives(schema: Any) -> list[Any]:
    return [*schema.get("anyOf", []), *schema.get("oneOf", []), *schema.get("allOf", [])]


def _put(base: Any, place: Place, value: Any) -> Any:
    if not place:
        return value
    head, rest = place[0], place[1:]
    if isinstance(head, int):
        return [_put(base[0] if isinstance(base, list) and base else None, rest, value)]
    around = base if isinstance(base, dict) else {}
    return {**around, head: _put(around.get(head), rest, value)}
