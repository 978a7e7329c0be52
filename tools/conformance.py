"""Write ``docs/conformance.md``: which test shows which case of the contract.

Tests name the cases they show with ``@pytest.mark.conformance(12, 13)``. Run this file to bring
the page up to date; with ``--check`` it only says what is missing or stale, and fails.
"""

import sys
from collections import defaultdict
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "conformance.md"
LAST_REQUIRED_CASE = 209

PARTS = (
    (1, 68, "Work pools"),
    (69, 110, "Dispatch"),
    (111, 118, "What a poll says about queues and deployments"),
    (119, 183, "Work queues"),
    (184, 196, "Workers"),
    (197, 212, "Slots and concurrency status"),
    (213, 237, "Events, services and the worker channel"),
)

INTRODUCTION = """\
# Conformance

Penstock keeps the contract that clients and workers rely on, case by case. This page lists, for
each case, the tests that show it; they run on SQLite and on PostgreSQL. It is written by
`python tools/conformance.py`, and a test fails when it is out of date.
"""

NOT_BUILT = {
    106: "slots of a worker that dies come back by themselves: comes with leases",
}
"""Cases that are not claimed, each with its reason."""


class Collector:
    """Remembers which test names which case."""

    def __init__(self) -> None:
        self.tests: dict[int, set[str]] = defaultdict(set)

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Read the markers of all tests."""
        for item in items:
            name = item.nodeid.partition("[")[0]
            for marker in item.iter_markers("conformance"):
                for case in marker.args:
                    self.tests[case].add(name)


def collect() -> dict[int, set[str]]:
    """Return the tests of each case, without running any."""
    collector = Collector()
    arguments = ["--collect-only", "-qq", "-p", "no:cacheprovider", "--rootdir", str(ROOT)]
    said = StringIO()
    with redirect_stdout(said):
        status = pytest.main([*arguments, "--database", "sqlite", str(ROOT / "tests")], plugins=[collector])
    if status != pytest.ExitCode.OK:
        sys.exit(f"The tests could not be collected.\n{said.getvalue()}")
    return collector.tests


def render(tests: dict[int, set[str]]) -> str:
    """Return the page."""
    lines = [INTRODUCTION]
    for first, last, title in PARTS:
        cases = [case for case in range(first, last + 1) if case in tests or case in NOT_BUILT]
        if not cases:
            continue
        lines += [f"## {title} ({first} to {last})", "", "| Case | Shown by |", "|---|---|"]
        lines += [f"| {case} | {_shown_by(case, tests)} |" for case in cases]
        lines.append("")
    return "\n".join(lines)


def _shown_by(case: int, tests: dict[int, set[str]]) -> str:
    if case not in tests:
        return f"not built: {NOT_BUILT[case]}"
    return "<br>".join(f"`{name}`" for name in sorted(tests[case]))


def find_problems(tests: dict[int, set[str]]) -> list[str]:
    """Return in sentences what is missing or stale."""
    found = [
        f"Case {case} has no test."
        for case in range(1, LAST_REQUIRED_CASE + 1)
        if case not in tests and case not in NOT_BUILT
    ]
    found += [f"Case {case} has a test and is listed as not built." for case in NOT_BUILT if case in tests]
    last = PARTS[-1][1]
    found += [f"There is no case {case}." for case in sorted(tests) if not 1 <= case <= last]
    if not PAGE.exists() or PAGE.read_text(encoding="utf-8") != render(tests):
        found.append("docs/conformance.md is out of date: run python tools/conformance.py")
    return found


def main() -> int:
    """Write the page, or check it."""
    tests = collect()
    if "--check" in sys.argv[1:]:
        problems = find_problems(tests)
        print("\n".join(problems))
        return len(problems) > 0
    PAGE.write_text(render(tests), encoding="utf-8")
    print("\n".join(find_problems(tests)) or f"{PAGE.relative_to(ROOT)} is up to date.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
