"""Write the part of the OpenAPI that the dashboard uses; its types are made from it.

    python tools/dashboard_api.py FILE

The part is what the dashboard's sources name: paths in quotes that begin with /api/.
"""

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from penstock.server.app import create_app
from penstock.settings import ServerSettings

SOURCES = Path(__file__).parents[1] / "dashboard" / "src"
PATH = re.compile(r'"(/api/[^"]*)"')


def used_paths() -> set[str]:
    """Return the paths that the sources name."""
    files = [path for path in SOURCES.rglob("*.ts*") if path.name != "schema.d.ts"]
    return {path for file in files for path in PATH.findall(file.read_text(encoding="utf-8"))}


def references(part: Any) -> Iterator[str]:
    """Yield the names of the schemas that a part refers to."""
    if isinstance(part, dict):
        for key, value in part.items():
            if key == "$ref":
                yield value.rsplit("/", 1)[-1]
            else:
                yield from references(value)
    elif isinstance(part, list):
        for one in part:
            yield from references(one)


def needed(part: Any, schemas: dict[str, Any]) -> set[str]:
    """Return the names of the schemas that a part refers to, also by way of others."""
    found: set[str] = set()
    waiting = set(references(part))
    while waiting:
        name = waiting.pop()
        found.add(name)
        waiting |= set(references(schemas[name])) - found
    return found


def parts_of(paths: dict[str, Any], name: str) -> list[Any]:
    """Return one part of all operations: the request bodies, or the responses."""
    return [operation.get(name) for path in paths.values() for operation in path.values()]


def document() -> dict[str, Any]:
    """Return the OpenAPI with the paths that are used, and the schemas that these need.

    An answer has all its fields, so those of schemas that are never sent are required.
    """
    nowhere = ServerSettings(database_url="sqlite+aiosqlite:///:never-opened:")
    whole = create_app(nowhere).openapi()
    paths = {path: whole["paths"][path] for path in sorted(used_paths()) if path in whole["paths"]}
    schemas = whole["components"]["schemas"]
    names = needed(paths, schemas)
    for name in names - needed(parts_of(paths, "requestBody"), schemas):
        if "properties" in schemas[name]:
            schemas[name]["required"] = list(schemas[name]["properties"])
    components = {"schemas": {name: schemas[name] for name in sorted(names)}}
    return {"openapi": whole["openapi"], "info": whole["info"], "paths": paths, "components": components}


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(json.dumps(document(), indent=1), encoding="utf-8")
