"""Objects that say how to work out a value (``__prefect_kind``)."""

import json
from collections.abc import Mapping
from importlib import import_module
from typing import Any

from penstock.core.effort import limited_effort
from penstock.core.errors import PenstockError
from penstock.schemas.values import refuse_unstorable

KIND = "__prefect_kind"
DEEPEST = 100


class HydrationError(PenstockError):
    """A value cannot be worked out. HTTP 400."""


class _NothingType:
    """What is to be left out."""


_NOTHING = _NothingType()


def find_variable_names(value: Any) -> set[str]:
    """Return the names of the variables that a value asks for, as far as they are written in it."""
    names: set[str] = set()
    open_values = [value]
    while open_values:
        one = open_values.pop()
        if isinstance(one, dict):
            open_values += one.values()
            name = one.get("variable_name")
            if one.get(KIND) == "workspace_variable" and isinstance(name, str):
                names.add(name)
        elif isinstance(one, list):
            open_values += one
    return names


def hydrate(value: Any, variables: Mapping[str, Any]) -> Any:
    """Return the value with every tagged object in it resolved.

    Kinds: ``none`` gives its ``value`` (left out when it has none), ``json`` the value that the
    text ``value`` stands for, ``jinja`` the rendered ``template``, ``workspace_variable`` the
    value of the variable ``variable_name``.

    Raises:
        HydrationError: a kind is unknown, a key is missing, a text cannot be read or rendered,
            or there is no such variable.
    """
    with limited_effort():
        resolved = _resolve(value, variables, 0)
    return None if resolved is _NOTHING else resolved


def _resolve(value: Any, variables: Mapping[str, Any], depth: int) -> Any:
    if depth > DEEPEST:
        raise HydrationError("The parameters are nested too deep.")
    if isinstance(value, dict):
        if KIND in value:
            return _resolve_tagged(value, variables, depth)
        items = {name: _resolve(one, variables, depth + 1) for name, one in value.items()}
        return {name: one for name, one in items.items() if one is not _NOTHING}
    if isinstance(value, list):
        elements = [_resolve(one, variables, depth + 1) for one in value]
        return [one for one in elements if one is not _NOTHING]
    return value


def _resolve_tagged(value: dict[str, Any], variables: Mapping[str, Any], depth: int) -> Any:
    match value[KIND]:
        case "none" | None:
            return _resolve(value["value"], variables, depth + 1) if "value" in value else _NOTHING
        case "json":
            return _read_json(_text_of(value, "value", variables, depth))
        case "jinja":
            return _render(_text_of(value, "template", variables, depth))
        case "workspace_variable":
            name = _text_of(value, "variable_name", variables, depth)
            if name not in variables:
                raise HydrationError(f"There is no variable '{name}'.")
            return variables[name]
        case kind:
            raise HydrationError(
                f"'{kind}' is no kind of value; use none, json, jinja or workspace_variable."
            )


def _text_of(value: dict[str, Any], key: str, variables: Mapping[str, Any], depth: int) -> str:
    text = _resolve(value.get(key), variables, depth + 1)
    if not isinstance(text, str):
        raise HydrationError(f"A value of kind '{value[KIND]}' needs the text '{key}'.")
    return text


def _read_json(text: str) -> Any:
    try:
        return refuse_unstorable(json.loads(text))
    except (ValueError, RecursionError) as error:
        raise HydrationError(f"A value of kind 'json' cannot be read: {error}.") from None


def _render(template: str) -> str:
    # Jinja is 2 MB of a server's memory, and few parameters are templates.
    templates = import_module("penstock.schemas.hydration.templates")
    try:
        text: str = templates.render(template)
        return text
    except ValueError as error:
        raise HydrationError(f"A template cannot be rendered: {error}.") from None
