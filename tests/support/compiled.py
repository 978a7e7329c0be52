"""Statements are compiled once for all tests of a process.

An engine keeps what it has compiled, and each test has engines of its own: compiling everything anew was a
quarter of what the tests cost.
"""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from penstock.server.database.dialects import postgresql, sqlite


@pytest.fixture(scope="session", autouse=True)
def compiled_once() -> Iterator[None]:
    """Let the engines of one kind of database share what they compile."""
    with pytest.MonkeyPatch.context() as patch:
        for kind in (sqlite, postgresql):
            patch.setattr(kind, "create_async_engine", _sharing(kind.create_async_engine))
        yield


def _sharing(create: Callable[..., AsyncEngine]) -> Callable[..., AsyncEngine]:
    first: list[Any] = []

    def create_engine(*args: Any, **options: Any) -> AsyncEngine:
        engine = create(*args, **options)
        made = engine.sync_engine
        if not first:
            first.append(made)
        # the dialect is a part of the key under which a compiled statement is found
        made.dialect, made._compiled_cache = first[0].dialect, first[0]._compiled_cache
        return engine

    return create_engine
