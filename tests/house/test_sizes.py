"""What the linters cannot hold: sizes, names, words. Each rule names all places that break it."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.house.files import ROOT, read, relative, source_files, text_files

FILE_LIMIT_LINES = 400
FUNCTION_LIMIT_LINES = 60
VAGUE_NAMES = {"common", "helper", "helpers", "misc", "util", "utils"}
UNFINISHED = re.compile(
    r"\b(?:TODO|FIXME|XXX|HACK|TBD)\b|\bcoming soon\b|\bnot (?:yet implemented|implemented yet)\b"
)
# Somebody's home, or a folder at the root of one machine; a URL's path begins after a host.
MACHINE_PATH = re.compile(r"(?<![\w.}/])/(?:home|Users|root|work)/\w")

Function = ast.FunctionDef | ast.AsyncFunctionDef


def functions(path: Path) -> Iterator[Function]:
    return (node for node in ast.walk(ast.parse(read(path))) if isinstance(node, Function))


def is_migration(path: Path) -> bool:
    """A dated record that is run once, not code that grows."""
    return path.parts[-3:-1] == ("migrations", "versions")


def test_files_are_short():
    sizes = {
        relative(path): len(read(path).splitlines()) for path in source_files() if not is_migration(path)
    }
    assert {path: lines for path, lines in sizes.items() if lines > FILE_LIMIT_LINES} == {}


def test_functions_are_short():
    long = [
        f"{relative(path)}:{function.lineno} {function.name}: {lines} lines"
        for path in source_files()
        if not is_migration(path)
        for function in functions(path)
        if (lines := (function.end_lineno or 0) - function.lineno + 1) > FUNCTION_LIMIT_LINES
    ]
    assert long == []


def test_imports_stand_at_the_top():
    late = [
        f"{relative(path)}:{node.lineno}"
        for path in source_files()
        for function in functions(path)
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    assert late == []


def test_modules_are_named_for_their_one_concept():
    vague = [
        relative(path) for path in source_files() if VAGUE_NAMES & {path.stem, *path.relative_to(ROOT).parts}
    ]
    assert vague == []


def test_every_package_has_an_init():
    folders = {path.parent for path in source_files() if path.is_relative_to(ROOT / "src" / "penstock")}
    missing = [relative(folder) for folder in folders if not (folder / "__init__.py").exists()]
    # Alembic reads its revisions by path.
    assert [folder for folder in missing if not folder.endswith("/migrations/versions")] == []


def test_nothing_is_left_unfinished():
    assert places(UNFINISHED) == []


def test_no_path_of_one_machine():
    assert places(MACHINE_PATH) == []


def places(pattern: re.Pattern[str]) -> list[str]:
    return [
        f"{relative(path)}:{number}: {line.strip()}"
        for path in text_files()
        if path != Path(__file__)
        for number, line in enumerate(read(path).splitlines(), start=1)
        if pattern.search(line)
    ]
