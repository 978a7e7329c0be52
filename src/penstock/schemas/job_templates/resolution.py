"""From a template and chosen values to the configuration of one job."""

import json
from collections.abc import Mapping
from typing import Any

from penstock.schemas.job_templates.placeholders import PLACEHOLDER

_MISSING = object()


def resolve_job_configuration(template: Mapping[str, Any], variables: Mapping[str, Any]) -> dict[str, Any]:
    """Return the job configuration with every placeholder replaced.

    A text that is one placeholder and nothing else becomes the value itself, whatever its type.
    Inside a longer text, values that are not text are written as JSON, and missing or null ones
    as nothing. An entry whose one placeholder has no value is left out. Values are taken as they
    are: placeholders in them are not looked at.
    """
    configuration = template.get("job_configuration") or {}
    resolved: dict[str, Any] = _resolve(configuration, variables)
    return resolved


def _resolve(value: Any, variables: Mapping[str, Any]) -> Any:
    if isinstance(value, str):
        return _resolve_text(value, variables)
    if isinstance(value, dict):
        items = {key: _resolve(item, variables) for key, item in value.items()}
        return {key: item for key, item in items.items() if item is not _MISSING}
    if isinstance(value, list):
        elements = (_resolve(item, variables) for item in value)
        return [element for element in elements if element is not _MISSING]
    return value


def _resolve_text(text: str, variables: Mapping[str, Any]) -> Any:
    whole = PLACEHOLDER.fullmatch(text.strip())
    if whole:
        return variables.get(whole[1], _MISSING)
    return PLACEHOLDER.sub(lambda found: _as_text(variables.get(found[1])), text)


def _as_text(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
