"""The example jobs, the file that deploys them, and the measures of the demo."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from importlib import util
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from penstock.cli.deploy_file import read_deploy_file
from penstock.cli.entrypoints import read_parameter_schema
from penstock.core.states import StateType
from penstock.schemas.states import State

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
READINGS = EXAMPLES / "data/river_gauges.csv"


def _load(path: Path) -> ModuleType:
    spec = util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def river() -> ModuleType:
    return _load(EXAMPLES / "jobs/river.py")


@pytest.fixture
def report(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(EXAMPLES))
    return _load(EXAMPLES / "showcase/report.py")


def test_the_readings_are_what_their_script_writes(tmp_path: Path) -> None:
    script = tmp_path / "make_data.py"
    script.write_bytes((EXAMPLES / "data/make_data.py").read_bytes())
    subprocess.run([sys.executable, str(script)], check=True)
    assert (tmp_path / "river_gauges.csv").read_bytes() == READINGS.read_bytes()


def test_every_deployment_of_the_example_file_is_sound() -> None:
    targets = read_deploy_file(EXAMPLES / "penstock.yaml")
    assert [target.name for target in targets] == [
        "statistics", "outliers", "rating-curve", "top-flows", "validate",
    ]  # fmt: skip
    for target in targets:
        if target.entrypoint:
            schema = read_parameter_schema(target.entrypoint, EXAMPLES)
            assert target.parameters.keys() <= schema["properties"].keys()


def test_statistics_and_outliers(river: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    river.statistics("Oakford")
    assert "peak 264.4 cm at 2024-03-14T08:00Z" in capsys.readouterr().out
    river.outliers("Oakford")
    assert "2024-03-14T08:00Z: 264.4 cm" in capsys.readouterr().out
    river.outliers("Lakehead")
    assert "0 outlier(s)" in capsys.readouterr().out
    with pytest.raises(ValueError, match="no readings"):
        river.statistics("Nowhere")


def test_rating_curve_logs_each_step(river: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    river.rating_curve("Millbrook", steps=3, pause_seconds=0)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in lines] == ["step 1/3", "step 2/3", "step 3/3", "Millbrook"]


def test_validate_says_which_row_is_bad_and_ends_with_3(tmp_path: Path) -> None:
    command = [sys.executable, "jobs/validate.py"]
    bad = subprocess.run([*command, str(READINGS)], cwd=EXAMPLES, capture_output=True, text=True, check=False)
    assert bad.returncode == 3
    assert "line 289" in bad.stderr
    assert "-999" in bad.stderr
    sound = tmp_path / "sound.csv"
    sound.write_text(
        "".join(line for line in READINGS.read_text().splitlines(keepends=True) if "-999" not in line)
    )
    good = subprocess.run([*command, str(sound)], cwd=EXAMPLES, capture_output=True, text=True, check=False)
    assert good.returncode == 0


def _at(second: float) -> datetime:
    return datetime(2024, 1, 1, tzinfo=UTC) + timedelta(seconds=second)


def _states(*history: tuple[StateType, float]) -> list[State]:
    return [State(type=kind, timestamp=_at(second)) for kind, second in history]


SCHEDULED, PENDING, RUNNING = StateType.SCHEDULED, StateType.PENDING, StateType.RUNNING


@pytest.mark.parametrize(
    ("history", "expected"),
    [
        ([(SCHEDULED, 0), (PENDING, 1), (RUNNING, 2), (StateType.COMPLETED, 5)], [(1, 5)]),
        ([(PENDING, 1), (StateType.CANCELLING, 3), (StateType.CANCELLED, 9)], [(1, 3)]),
        (
            [(PENDING, 1), (StateType.FAILED, 2), (SCHEDULED, 3), (PENDING, 4), (StateType.CRASHED, 6)],
            [(1, 2), (4, 6)],
        ),
        ([(SCHEDULED, 0)], []),
    ],
)
def test_when_a_run_held_a_slot(report: ModuleType, history: Any, expected: list[tuple[int, int]]) -> None:
    assert report.slot_intervals(_states(*history)) == [(_at(begin), _at(end)) for begin, end in expected]


@pytest.mark.parametrize(
    ("intervals", "peak"),
    [
        ([], 0),
        ([(0, 1)], 1),
        ([(0, 2), (1, 3), (2, 4)], 2),
        ([(0, 1), (1, 2), (2, 3)], 1),
        ([(0, 9), (1, 2), (1, 2)], 3),
    ],
)
def test_the_peak_of_overlapping_intervals(
    report: ModuleType, intervals: list[tuple[int, int]], peak: int
) -> None:
    assert report.exact_peak([(_at(begin), _at(end)) for begin, end in intervals]) == peak
