"""The measured tables in ``docs/performance.md``: the program writes them, nobody else does."""

import os
import shlex
from pathlib import Path

from benchmarks.arguments import Arguments
from benchmarks.figures import Figure
from benchmarks.report import HEAD, cells
from benchmarks.stage import Stage
from penstock.core.clock import utc_now

DOCUMENT = Path(__file__).parents[1] / "docs" / "performance.md"
COLUMNS = (*HEAD, "measured")


def write(stage: Stage, arguments: Arguments) -> None:
    """Put the results of one kind of database in place of earlier ones; lines not measured now stay.

    Results of another machine or of other versions go: numbers of two machines don't belong in one table.
    """
    begin, end = marks(stage.kind)
    before, _, rest = DOCUMENT.read_text().partition(begin)
    section, _, after = rest.partition(end)
    DOCUMENT.write_text(f"{before}{begin}\n{_section(stage, arguments, section.strip())}\n{end}{after}")


def _section(stage: Stage, arguments: Arguments, earlier: str) -> str:
    environment = f"Measured on {stage.environment}"
    rows = _earlier_rows(earlier) if environment in earlier else {}
    rows |= {figure.what: _row(stage, figure) for figure in stage.figures}
    table = [_line(COLUMNS), "|---" * len(COLUMNS) + "|", *rows.values()]
    command = f"Again: `{_command(arguments)}`"
    notes = [f"- {note}" for note in dict.fromkeys(stage.notes)]
    return "\n".join([environment, "", command, "", *table, *([""] if notes else []), *notes])


def _row(stage: Stage, figure: Figure) -> str:
    measured = f"{utc_now().date().isoformat()}, size {stage.size:g}, load {stage.load:.1f}"
    return _line((*cells(figure), measured))


def _line(row: tuple[str, ...]) -> str:
    return f"| {' | '.join(row)} |"


def _earlier_rows(section: str) -> dict[str, str]:
    lines = [line for line in section.splitlines() if line.startswith("| ")]
    return {line.split("|")[1].strip(): line for line in lines if line != _line(COLUMNS)}


def marks(kind: str) -> tuple[str, str]:
    """Return what stands before and after the table of a kind of database."""
    return f"<!-- {kind}: written by make bench -->", f"<!-- {kind}: end -->"


def _command(arguments: Arguments) -> str:
    named = "PENSTOCK_TEST_POSTGRES_URL=... " if os.environ.get("PENSTOCK_TEST_POSTGRES_URL") else ""
    words = f' ARGS="{shlex.join(arguments.words)}"' if arguments.words else ""
    return f"{named}make bench{words}"
