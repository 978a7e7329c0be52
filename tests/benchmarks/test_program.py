"""The program understands its command line and plays a tiny scenario against Penstock alone."""

import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import arguments, page
from benchmarks.figures import Figure
from benchmarks.report import cells
from benchmarks.stage import Stage
from tests.house.files import ROOT

PROGRAM = (sys.executable, "-m", "benchmarks")


def run(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*PROGRAM, *words], cwd=ROOT, capture_output=True, text=True, check=False)


def test_help_names_every_scenario() -> None:
    shown = run("--help")

    assert shown.returncode == 0, shown.stderr
    assert all(name in shown.stdout for name in arguments.SCENARIOS)


@pytest.mark.only_on("sqlite", reason="the bundled PostgreSQL is started by the tests, not by their children")
def test_a_tiny_form_works_against_penstock_alone(database_kind: str) -> None:
    scenarios = ("heartbeats", "cycles", "crowd", "plan")
    words = ("--alone", "--size", "0.01", "--database", database_kind, "--scenario", *scenarios)

    measured = run(*words)

    assert measured.returncode == 0, measured.stderr
    assert "heartbeats of 100 workers" in measured.stdout
    assert "runs accepted twice" in measured.stdout
    assert "failed requests" in measured.stdout
    assert "USING INDEX ix_flow_run__due" in measured.stdout


def test_a_figure_says_whether_its_target_is_reached() -> None:
    poll = Figure("sqlite", "a poll", "ms", ours=2.0, theirs=200.0, key="poll-10")
    slow = Figure("postgresql", "a poll", "ms", ours=2.0, theirs=20.0, key="poll-10")
    rate = Figure("sqlite", "heartbeats", "/s", ours=100.0, theirs=50.0, key="heartbeat-rate")
    growth = Figure("sqlite", "a large backlog", "ms", ours=3.0, theirs=2.0, key="growth-backlog")
    value = Figure("sqlite", "runs accepted twice", "", ours=0, theirs=4, key="doubled")

    assert cells(poll)[3:] == ("100×", "≥ 50×", "yes")
    assert cells(slow)[3:] == ("10×", "≥ 20×", "**no**")
    assert cells(rate)[3:] == ("2×", "≥ 10×", "**no**")
    assert cells(growth)[3:] == ("1.50×", "≤ 1.3×", "**no**")
    assert cells(value)[4:] == ("≤ 0", "yes")


def test_a_peer_that_gets_nothing_done_is_beaten() -> None:
    cycles = Figure("sqlite", "cycles", "/s", ours=4.0, theirs=0.0, key="cycles-by-16")

    assert cells(cycles)[2:] == ("0/s (Prefect)", "∞×", "≥ 200×", "yes")


def test_a_figure_without_its_reference_reaches_nothing() -> None:
    alone = Figure("sqlite", "a poll", "ms", ours=2.0, key="poll-10")

    assert cells(alone)[2:] == ("", "", "≥ 50×", "")


def test_the_page_has_a_place_for_each_kind_of_database() -> None:
    text = page.DOCUMENT.read_text()

    for kind in ("sqlite", "postgresql"):
        assert all(mark in text for name in (kind, page.plan_of(kind)) for mark in page.marks(name))


def test_a_row_of_the_page_stays_until_the_same_is_measured_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page, "DOCUMENT", tmp_path / "performance.md")
    page.DOCUMENT.write_text("Before.\n{}\n{}\nAfter.\n".format(*page.marks("postgresql")))

    def measure(*figures: Figure) -> str:
        stage = Stage("postgresql", 0.1, tmp_path, has_peer=True, environment="a machine")
        stage.figures.extend(figures)
        page.write(stage, arguments.read([]))
        return page.DOCUMENT.read_text()

    def claims(ours: float, reference: str) -> Figure:
        return Figure("postgresql", "claims", "/s", ours, 100.0, reference)

    measure(claims(1.0, "bare claim of 1"), claims(2.0, "bare claim of 10"), claims(3.0, "queue 1.0"))
    text = measure(claims(4.0, "bare claim of 10"), claims(5.0, "queue 1.1"), claims(6.0, "Prefect"))

    rows = [line.split(" | ")[1:3] for line in text.splitlines() if line.startswith("| claims")]
    assert rows == [
        ["1/s", "100/s (bare claim of 1)"],
        ["4/s", "100/s (bare claim of 10)"],
        ["5/s", "100/s (queue 1.1)"],
        ["6/s", "100/s (Prefect)"],
    ]
    assert text.startswith("Before.")
    assert text.endswith("After.\n")
