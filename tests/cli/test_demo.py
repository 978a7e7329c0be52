"""``make demo``, as a process without a terminal."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DEMO = [sys.executable, str(ROOT / "examples/demo.py")]


def _processes_with(marker: str) -> list[str]:
    """Return the command lines of running processes whose environment holds the marker."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if marker.encode() in (folder / "environ").read_bytes():
                found.append((folder / "cmdline").read_bytes().replace(b"\0", b" ").decode())
        except OSError:
            continue
    return found


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "TMPDIR": str(tmp_path), "DEMO_MARKER": str(tmp_path)}


def test_it_keeps_all_limits_and_leaves_nothing_behind(environment: dict[str, str], tmp_path: Path) -> None:
    done = subprocess.run(DEMO, env=environment, capture_output=True, text=True, timeout=110, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "40 runs" in done.stdout
    assert "EXCEEDED" not in done.stdout
    assert done.stdout.count("kept") == 2
    assert "level -999 cm is outside" in done.stdout.replace("\n", " ")
    assert _processes_with(str(tmp_path)) == []
    assert not list(tmp_path.glob("penstock-demo-*"))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_everything_when_it_is_interrupted(
    environment: dict[str, str], tmp_path: Path, number: int
) -> None:
    process = subprocess.Popen(
        DEMO,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        # whoever runs the tests in the background has them ignore Ctrl-C
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509 - no threads here
    )
    assert process.stdout is not None
    while "waiting" not in process.stdout.readline():
        assert process.poll() is None
    time.sleep(1)
    process.send_signal(number)
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 130, output
    assert "Traceback" not in output
    assert _processes_with(str(tmp_path)) == []
    assert not list(tmp_path.glob("penstock-demo-*"))
