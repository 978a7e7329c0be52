"""The dashboard is built where a wheel is: by a Python from which all that is installed is hidden."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.files import ROOT

HIDE = "import sys; sys.path[:] = [one for one in sys.path if 'site-packages' not in one]\n"
ASK = """
import pathlib, runpy, sys
script, scratch = sys.argv[1:]
print(*runpy.run_path(script)["find_pip"](pathlib.Path(scratch)), sep="\\n")
"""


@pytest.fixture
def hidden(tmp_path: Path) -> dict[str, str]:
    """The environment of processes that find no installed package."""
    (tmp_path / "sitecustomize.py").write_text(HIDE)
    return os.environ | {"PYTHONPATH": str(tmp_path)}


def answer(*command: str, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, env=env, capture_output=True, text=True, check=False)


def test_pip_is_found_where_it_is_hidden(tmp_path: Path, hidden: dict[str, str]) -> None:
    assert answer(sys.executable, "-m", "pip", "--version", env=hidden).returncode == 1

    script = str(ROOT / "dashboard" / "build.py")
    found = answer(sys.executable, "-c", ASK, script, str(tmp_path / "scratch"), env=hidden)
    version = answer(*found.stdout.splitlines(), "--version", env=hidden)

    assert version.stdout.startswith("pip ")
