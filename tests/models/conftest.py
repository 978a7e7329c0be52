"""The marker that ties a test to the cases of the behavioural contract."""

import pytest


def pytest_configure(config: pytest.Config) -> None:
    """Add ``conformance``."""
    config.addinivalue_line("markers", "conformance(*cases): the cases of the contract that the test shows")
