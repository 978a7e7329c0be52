"""What a Python entrypoint asks for, read from its source; user code is never imported here."""

import ast
import json
from pathlib import Path
from typing import Any

from penstock.cli.errors import CommandFailed, usage

_JSON_TYPES = {
    "int": "integer",
    "float": "number",
    "str": "string",
    "bool": "boolean",
    "list": "array",
    "List": "array",
    "tuple": "array",
    "dict": "object",
    "Dict": "object",
    "None": "null",
}

Function = ast.FunctionDef | ast.AsyncFunctionDef


def split_entrypoint(entrypoint: str) -> tuple[str, str]:
    """Return (file, function) of ``path/to/file.py:function``; raises a usage failure for any other form."""
    file, colon, function = entrypoint.rpartition(":")
    if not colon or not file.endswith(".py") or not function.isidentifier():
        raise usage(f"'{entrypoint}' is no entrypoint. Write path/to/file.py:function.")
    return file, function


def read_parameter_schema(entrypoint: str, folder: Path) -> dict[str, Any]:
    """Return the JSON schema of the function's parameters.

    Raises ``CommandFailed`` when the file is missing or not Python, or has no such function at its top level.
    """
    file, name = split_entrypoint(entrypoint)
    function = _find_function(folder / file, name)
    arguments = function.args
    positional = [*arguments.posonlyargs, *arguments.args]
    defaults = [None] * (len(positional) - len(arguments.defaults)) + list(arguments.defaults)
    pairs = list(zip(positional, defaults, strict=True))
    pairs += list(zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True))
    properties = {argument.arg: _property(argument, default) for argument, default in pairs}
    return {
        "title": "Parameters",
        "type": "object",
        "properties": properties,
        "required": [argument.arg for argument, default in pairs if default is None],
        "additionalProperties": arguments.kwarg is not None,
    }


def _find_function(path: Path, name: str) -> Function:
    try:
        tree = ast.parse(path.read_text(encoding="utf-8"), filename=str(path))
    except OSError as error:
        raise CommandFailed(
            f"The entrypoint's file {path} cannot be read: {error.strerror}. "
            "Give its path as seen from the folder of the deployment."
        ) from error
    except (SyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None)
        where = f"{path}, line {line}" if line else str(path)
        raise CommandFailed(f"{where} is not valid Python: {getattr(error, 'msg', error)}.") from error
    functions = {node.name: node for node in tree.body if isinstance(node, Function)}
    if name not in functions:
        known = ", ".join(sorted(functions)) or "none"
        raise CommandFailed(f"{path} has no function '{name}'. Functions there: {known}.")
    return functions[name]


def _property(argument: ast.arg, default: ast.expr | None) -> dict[str, Any]:
    schema = {"title": argument.arg, **_schema_of(argument.annotation)}
    if default is None:
        return schema
    try:
        value = ast.literal_eval(default)
        json.dumps(value)
    except (TypeError, ValueError):
        return schema
    if value is None and "type" in schema:
        schema = {"title": argument.arg, "anyOf": [{"type": schema.pop("type")}, {"type": "null"}]}
    return {**schema, "default": value}


def _schema_of(annotation: ast.expr | None) -> dict[str, Any]:
    """Return the schema of an annotation; one that is not understood allows everything."""
    match annotation:
        case ast.Constant(value=None):
            return {"type": "null"}
        case ast.Constant(value=str(text)):
            return _quoted(text)
        case ast.Name(id=name) if name in _JSON_TYPES:
            return {"type": _JSON_TYPES[name]}
        case ast.BinOp(left=left, op=ast.BitOr(), right=right):
            return _any_of([left, right])
        case ast.Subscript(value=ast.Name(id=name), slice=inner):
            return _generic(name, inner)
        case _:
            return {}


def _quoted(text: str) -> dict[str, Any]:
    try:
        return _schema_of(ast.parse(text, mode="eval").body)
    except SyntaxError:
        return {}


def _generic(name: str, inner: ast.expr) -> dict[str, Any]:
    items = inner.elts if isinstance(inner, ast.Tuple) else [inner]
    match name:
        case "Optional":
            return _any_of([inner, ast.Constant(value=None)])
        case "Union":
            return _any_of(items)
        case "Literal":
            return {"enum": [item.value for item in items if isinstance(item, ast.Constant)]}
        case "list" | "List":
            return {"type": "array", "items": _schema_of(inner)}
        case _:
            return {"type": _JSON_TYPES[name]} if name in _JSON_TYPES else {}


def _any_of(choices: list[ast.expr]) -> dict[str, Any]:
    schemas = [_schema_of(choice) for choice in choices]
    return {"anyOf": schemas} if all(schemas) else {}
