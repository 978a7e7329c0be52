"""The measured parts of ``docs/performance.md``: the program writes them, nobody else does."""

import os
import re
import shlex
from collections.abc import Callable
from pathlib import Path

from benchmarks.arguments import Arguments
from benchmarks.figures import Figure
from benchmarks.report import HEAD, cells, table, table_line
from benchmarks.stage import Stage
from penstock.core.clock import utc_now

DOCUMENT = Path(__file__).parents[1] / "docs" / "performance.md"
_VERSION = re.compile(r" \d+(\.\d+)+$")
COLUMNS = (*HEAD, "measured")


def write(stage: Stage, arguments: Arguments) -> None:
    """Put the results of one kind of database in place of earlier ones; lines not measured now stay.

    Results of another machine or of other versions go: numbers of two machines don't belong in one table.
    """
    if stage.figures:
        _put(stage.kind, lambda earlier: _section(stage, arguments, earlier))
    if stage.evidence:
        head = f"Seen {utc_now().date().isoformat()} on {stage.environment}\n\nAgain: `{_command(arguments)}`"
        _put(plan_of(stage.kind), lambda _: f"{head}\n\n{stage.evidence}")


def _put(name: str, write_anew: Callable[[str], str]) -> None:
    begin, end = marks(name)
    before, _, rest = DOCUMENT.read_text().partition(begin)
    earlier, _, after = rest.partition(end)
    DOCUMENT.write_text(f"{before}{begin}\n{write_anew(earlier.strip())}\n{end}{after}")


def _section(stage: Stage, arguments: Arguments, earlier: str) -> str:
    environment = f"Measured on {stage.environment}"
    rows = _earlier_rows(earlier) if environment in earlier else {}
    rows |= {_subject(row): row for row in (_row(stage, figure) for figure in stage.figures)}
    command = f"Again: `{_command(arguments)}`"
    notes = [f"- {note}" for note in dict.fromkeys(stage.notes)]
    return "\n".join(
        [environment, "", command, "", table(COLUMNS, rows.values()), *([""] if notes else []), *notes]
    )


def _row(stage: Stage, figure: Figure) -> str:
    measured = f"{utc_now().date().isoformat()}, size {stage.size:g}, load {stage.load:.1f}"
    return table_line((*cells(figure), measured))


def _earlier_rows(section: str) -> dict[tuple[str, str], str]:
    lines = [line for line in section.splitlines() if line.startswith("| ")]
    return {_subject(line): line for line in lines if line != table_line(COLUMNS)}


def _subject(row: str) -> tuple[str, str]:
    """Return what a row is about, and what it is compared with if that is not Prefect."""
    _, what, _, theirs, *_ = row.split("|")
    reference = _VERSION.sub("", theirs.partition("(")[2].strip(" )"))
    return what.strip(), "" if reference.startswith("Prefect") else reference


def marks(name: str) -> tuple[str, str]:
    """Return what stands before and after the table of a kind of database, or before and after its plan."""
    return f"<!-- {name}: written by make bench -->", f"<!-- {name}: end -->"


def plan_of(kind: str) -> str:
    """Return the name of the place for the plan of a dispatch."""
    return f"plan on {kind}"


def _command(arguments: Arguments) -> str:
    named = "PENSTOCK_TEST_POSTGRES_URL=... " if os.environ.get("PENSTOCK_TEST_POSTGRES_URL") else ""
    words = f' ARGS="{shlex.join(arguments.words)}"' if arguments.words else ""
    return f"{named}make bench{words}"
