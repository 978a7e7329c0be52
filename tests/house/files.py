"""The files that the house rules are about: what a person wrote, not what tools made."""

from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
CODE_FOLDERS = ("src", "tests", "examples", "benchmarks", "dashboard/src")
TEXT_SUFFIXES = {
    *(".css", ".html", ".js", ".mako", ".md", ".py", ".sh"),
    *(".toml", ".ts", ".tsx", ".txt", ".yaml", ".yml"),
}
TEXT_NAMES = {"Makefile", "run"}
MADE_BY_TOOLS = {"__pycache__", "build", "dist", "htmlcov", "node_modules"}


def source_files() -> list[Path]:
    """Return all Python files, in order."""
    return [path for path in text_files() if path.suffix == ".py"]


@cache
def text_files() -> list[Path]:
    """Return all files with words in them, in order; the licence's words are not ours."""
    top = [path for path in ROOT.iterdir() if path.is_file()]
    below = [
        path
        for folder in (*CODE_FOLDERS, "docs", ".ci")
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and not MADE_BY_TOOLS.intersection(path.parts)
    ]
    return sorted(path for path in top + below if path.suffix in TEXT_SUFFIXES or path.name in TEXT_NAMES)


def read(path: Path) -> str:
    """Return the text of a file."""
    return path.read_text(encoding="utf-8")


def relative(path: Path) -> str:
    """Return the path as a person would name it; the id of a test."""
    return path.relative_to(ROOT).as_posix()
