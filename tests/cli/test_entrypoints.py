"""The JSON schema of a function's parameters, read from its source."""

from pathlib import Path
from typing import Any

import jsonschema
import pytest

from penstock.cli.entrypoints import read_parameter_schema


def _schema(folder: Path, signature: str) -> dict[str, Any]:
    (folder / "job.py").write_text(f"def job({signature}): ...\n")
    schema = read_parameter_schema("job.py:job", folder)
    jsonschema.Draft202012Validator.check_schema(schema)
    return schema


@pytest.mark.parametrize(
    ("annotation", "expected"),
    [
        ("int", {"type": "integer"}),
        ("float", {"type": "number"}),
        ("str", {"type": "string"}),
        ("bool", {"type": "boolean"}),
        ("list", {"type": "array"}),
        ("dict", {"type": "object"}),
        ("list[int]", {"type": "array", "items": {"type": "integer"}}),
        ("dict[str, int]", {"type": "object"}),
        ("int | None", {"anyOf": [{"type": "integer"}, {"type": "null"}]}),
        ("Optional[str]", {"anyOf": [{"type": "string"}, {"type": "null"}]}),
        ("Union[int, str]", {"anyOf": [{"type": "integer"}, {"type": "string"}]}),
        ("Literal['a', 'b']", {"enum": ["a", "b"]}),
        ("'int'", {"type": "integer"}),
        ("'not ( python'", {}),
        ("datetime", {}),
        ("pathlib.Path", {}),
        ("int | datetime", {}),
        ("Sequence[int]", {}),
    ],
)
def test_types(tmp_path: Path, annotation: str, expected: dict[str, Any]) -> None:
    schema = _schema(tmp_path, f"x: {annotation}")
    assert schema["properties"]["x"] == {"title": "x", **expected}
    assert schema["required"] == ["x"]


@pytest.mark.parametrize(
    ("signature", "expected"),
    [
        ("x: int = 3", {"type": "integer", "default": 3}),
        ("x=-1.5", {"default": -1.5}),
        ("x: str = None", {"anyOf": [{"type": "string"}, {"type": "null"}], "default": None}),
        ("x: list = [1, 2]", {"type": "array", "default": [1, 2]}),
        ("x: dict = {'a': 1}", {"type": "object", "default": {"a": 1}}),
        ("x: str = os.sep", {"type": "string"}),
        ("x = {1, 2}", {}),
        ("x = b'raw'", {}),
    ],
)
def test_defaults(tmp_path: Path, signature: str, expected: dict[str, Any]) -> None:
    schema = _schema(tmp_path, signature)
    assert schema["properties"]["x"] == {"title": "x", **expected}
    assert schema["required"] == []


def test_every_kind_of_parameter(tmp_path: Path) -> None:
    schema = _schema(tmp_path, "a, /, b, c=1, *rest, d, e=2")
    assert list(schema["properties"]) == ["a", "b", "c", "d", "e"]
    assert schema["required"] == ["a", "b", "d"]
    assert schema["additionalProperties"] is False


def test_open_ended_functions_take_more(tmp_path: Path) -> None:
    assert _schema(tmp_path, "**options")["additionalProperties"] is True


def test_async_functions_count(tmp_path: Path) -> None:
    (tmp_path / "job.py").write_text("async def job(x: int): ...\n")
    assert read_parameter_schema("job.py:job", tmp_path)["required"] == ["x"]
