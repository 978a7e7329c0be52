"""Placeholders ``{{ name }}`` in a job configuration."""

import json
import re
from typing import Any

PLACEHOLDER = re.compile(r"\{\{\s*([\w.\-\[\]$]+)\s*\}\}")


def find_placeholders(value: Any) -> set[str]:
    """Return the names of all placeholders in a JSON value, at any depth, keys included."""
    return set(PLACEHOLDER.findall(json.dumps(value, ensure_ascii=False, default=str)))
