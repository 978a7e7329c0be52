"""Fixtures of the services' tests."""

from tests.api.conftest import api

__all__ = ["api"]
