"""What holds for every test."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

pytest_plugins = [
    "tests.support.compiled",
    "tests.support.options",
    "tests.support.postgres",
    "tests.support.databases",
    "tests.support.server",
]

# How long an example takes says more about the machine than about the code.
settings.register_profile("penstock", deadline=None, derandomize="CI" in os.environ, print_blob=True)
settings.load_profile("penstock")


@pytest.fixture(autouse=True)
def own_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Keep the settings and the files of whoever runs the tests out of them."""
    for name in list(os.environ):
        if name.startswith("PENSTOCK_") and not name.startswith("PENSTOCK_TEST_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("PENSTOCK_HOME", str(tmp_path / "home"))
