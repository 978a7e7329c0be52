"""Which databases a test runs on.

``pytest --database sqlite`` leaves the other one out. A test that makes sense on one only says so:
``@pytest.mark.only_on("postgresql", reason="...")``.
"""

import pytest

KINDS = ("sqlite", "postgresql")

LONG = ("faults", "races", "fuzz", "explain", "benchmarks")
"""Folders whose tests may take half a minute each."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add ``--database``, ``--long-fuzz`` and ``--write-docs``."""
    parser.addoption(
        "--database", choices=KINDS, action="append", default=[], help="run on this database only"
    )
    parser.addoption("--long-fuzz", action="store_true", help="send many more made-up requests (make fuzz)")
    parser.addoption("--write-docs", action="store_true", help="write the page of make compat or make faults")


def pytest_configure(config: pytest.Config) -> None:
    """Without ``--database``, run on all."""
    config.option.database = config.option.database or list(KINDS)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run whatever uses a database once on each."""
    if "database_kind" not in metafunc.fixturenames:
        return
    kinds = metafunc.config.getoption("database")
    marker = metafunc.definition.get_closest_marker("only_on")
    if marker is not None:
        if not marker.kwargs.get("reason"):
            raise pytest.UsageError(f"{metafunc.definition.nodeid}: only_on needs a reason")
        kinds = [kind for kind in kinds if kind in marker.args]
    metafunc.parametrize("database_kind", kinds)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes long: short tests are left for the end, which all processes can share."""
    items.sort(
        key=lambda item: LONG.index(folder) if (folder := item.path.parent.name) in LONG else len(LONG)
    )
