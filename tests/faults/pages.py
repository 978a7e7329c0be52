"""The table of campaigns in ``docs/reliability.md``, written by the campaigns (``--write-docs``)."""

from dataclasses import dataclass
from pathlib import Path

from penstock.core.clock import utc_now

DOCUMENT = Path("docs/reliability.md")
NOTES = Path(__file__).with_name("notes.md")
HEAD = (
    "| campaign | database | command | faults | runs | lost | doubled | violations | leaked | last run |",
    "|---|---|---|---|---|---|---|---|---|---|",
)


@dataclass(frozen=True)
class Row:
    """One campaign on one database, as it was really run."""

    campaign: str
    database: str
    command: str
    faults: str
    runs: int | str
    lost: int
    doubled: int
    violations: int
    leaked: int

    def line(self) -> str:
        counts = (self.lost, self.doubled, self.violations, self.leaked)
        day = utc_now().date().isoformat()
        cells = (self.campaign, self.database, f"`{self.command}`", self.faults, self.runs, *counts, day)
        return f"| {' | '.join(str(cell) for cell in cells)} |"


def write(rows: list[Row]) -> None:
    """Write the page; rows of campaigns that were not run now stay as they are."""
    lines = _lines_there() | {_key(line): line for line in (row.line() for row in rows)}
    table = [*HEAD, *(lines[key] for key in sorted(lines))]
    notes = NOTES.read_text().rstrip()
    DOCUMENT.write_text(notes.replace("{table}", "\n".join(table)) + "\n")


def _lines_there() -> dict[tuple[str, ...], str]:
    if not DOCUMENT.exists():
        return {}
    lines = [line for line in DOCUMENT.read_text().splitlines() if line.startswith("| ")]
    return {_key(line): line for line in lines if line not in HEAD}


def _key(line: str) -> tuple[str, ...]:
    return tuple(cell.strip() for cell in line.split("|")[1:3])
