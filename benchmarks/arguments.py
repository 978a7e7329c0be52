"""The command line of the benchmark."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.databases import KINDS
from benchmarks.scenarios import SCENARIOS


@dataclass(frozen=True)
class Arguments:
    databases: list[str]
    scenarios: list[str]
    size: float
    has_peer: bool
    writes_docs: bool
    words: list[str]
    """The command line as it was written."""


def read(words: Sequence[str]) -> Arguments:
    """Read the command line; one that is not understood ends the program."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="Measure Penstock beside a real Prefect server, on the same kind of database.",
        epilog="PENSTOCK_TEST_POSTGRES_URL names a PostgreSQL server; else the bundled one is started.",
    )
    parser.add_argument(
        "--database", choices=KINDS, action="append", default=[], help="measure on this database only"
    )
    parser.add_argument(
        "--scenario",
        choices=list(SCENARIOS),
        nargs="+",
        action="extend",
        default=[],
        help="measure these only",
    )
    parser.add_argument(
        "--size", type=float, default=1.0, help="0.1 is the short form: less time, smaller backlogs"
    )
    parser.add_argument("--alone", action="store_true", help="measure Penstock only")
    parser.add_argument("--write-docs", action="store_true", help="write the table into docs/performance.md")
    found = parser.parse_args(words)
    if found.size <= 0:
        parser.error("--size must be more than 0.")
    return Arguments(
        databases=found.database or list(KINDS),
        scenarios=found.scenario or list(SCENARIOS),
        size=found.size,
        has_peer=not found.alone,
        writes_docs=found.write_docs,
        words=list(words),
    )
