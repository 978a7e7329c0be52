"""Everything a person or a script reads on stdout: tables, fields, JSON documents, times."""

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from pydantic import BaseModel
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from penstock.core.clock import utc_now

PIPE_WIDTH = 180
"""Columns assumed when stdout is no terminal, so that piped tables are not cut at 80."""

_STATE_STYLES = {
    "SCHEDULED": "yellow",
    "PENDING": "cyan",
    "RUNNING": "blue",
    "COMPLETED": "green",
    "FAILED": "red",
    "CRASHED": "red",
    "CANCELLED": "dim",
    "CANCELLING": "dim",
    "PAUSED": "magenta",
    "READY": "green",
    "ONLINE": "green",
    "NOT_READY": "yellow",
    "OFFLINE": "red",
}


def console() -> Console:
    """Return a console on stdout: as wide as the terminal, or wide enough for a pipe."""
    return Console(width=None if sys.stdout.isatty() else PIPE_WIDTH, highlight=False)


def print_json(document: object) -> None:
    """Print one JSON document; models inside become their wire form."""
    print(json.dumps(plain(document), indent=2, ensure_ascii=False))


def plain(document: object) -> Any:
    """Return the document with every model and time replaced by its wire form."""
    if isinstance(document, BaseModel):
        return document.model_dump(mode="json")
    if isinstance(document, Mapping):
        return {str(key): plain(value) for key, value in document.items()}
    if isinstance(document, str) or document is None or isinstance(document, int | float):
        return document
    if isinstance(document, datetime):
        return document.isoformat().replace("+00:00", "Z")
    if isinstance(document, Iterable):
        return [plain(item) for item in document]
    return str(document)


def table(headers: Sequence[str], rows: Iterable[Sequence[object]]) -> Table:
    """Return a table; the first column never wraps."""
    result = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for position, header in enumerate(headers):
        result.add_column(header, no_wrap=position == 0, overflow="fold")
    for row in rows:
        result.add_row(*(cell(value) for value in row))
    return result


def print_table(headers: Sequence[str], rows: Iterable[Sequence[object]], *, empty: str) -> None:
    """Print a table, or the sentence ``empty`` when there are no rows."""
    listed = list(rows)
    if listed:
        console().print(table(headers, listed))
    else:
        print(empty)


def print_fields(fields: Mapping[str, object]) -> None:
    """Print one thing as a column of names and a column of values."""
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="bold", no_wrap=True)
    grid.add_column(overflow="fold")
    for name, value in fields.items():
        grid.add_row(name, cell(value))
    console().print(grid)


def cell(value: object) -> Text:
    """Return one value as it is shown: nothing as a dash, states coloured, markup never interpreted."""
    if isinstance(value, Text):
        return value
    if value is None or value == "":
        return Text("-", style="dim")
    if isinstance(value, bool):
        return Text("yes" if value else "no")
    if isinstance(value, datetime):
        return Text(ago(value))
    if isinstance(value, dict | list):
        return Text(json.dumps(plain(value), ensure_ascii=False)) if value else Text("-", style="dim")
    return Text(str(value))


def shortened(text: str | None, length: int = 60) -> str | None:
    """Return a text on one line, cut with an ellipsis when it is longer than ``length``."""
    line = " ".join(text.split()) if text else text
    return f"{line[: length - 1]}…" if line and len(line) > length else line


def state(state_type: object, name: str | None = None) -> Text:
    """Return a state or a status, coloured by its type and shown by its name."""
    kind = str(state_type or "")
    return Text(name or kind.replace("_", " ").lower() or "-", style=_STATE_STYLES.get(kind, ""))


def slots(active: int | None, limit: int | None) -> str:
    """Return used slots against the limit, e.g. ``2 of 4``."""
    if limit is None:
        return "no limit" if active is None else f"{active}, no limit"
    return f"{active or 0} of {limit}"


def ago(moment: datetime) -> str:
    """Return how far a moment is from now, e.g. ``12s ago`` or ``in 5m``."""
    seconds = (utc_now() - moment).total_seconds()
    return f"{duration(seconds)} ago" if seconds >= 0 else f"in {duration(-seconds)}"


def duration(seconds: float) -> str:
    """Return a span in the unit that suits it."""
    if seconds < 10:
        return f"{seconds:.1f}s"
    for unit, size in (("d", 86_400), ("h", 3_600), ("m", 60)):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f}{unit}"
    return f"{seconds:.0f}s"
