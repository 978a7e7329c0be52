"""No request leaves the event loop: FastAPI hands every plain function to a thread."""

from collections.abc import Iterator
from inspect import iscoroutinefunction

import pytest
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from penstock.server.api.routes import NOUNS, api_router

ROUTES = [route for noun in NOUNS for route in noun.router.routes if isinstance(route, APIRoute)]


def calls(dependant: Dependant) -> Iterator[object]:
    """Yield what is called for a request: the route's function and all it depends on."""
    yield dependant.call
    for dependency in dependant.dependencies:
        yield from calls(dependency)


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{min(route.methods)} {route.path}")
def test_everything_a_request_calls_is_a_coroutine(route: APIRoute) -> None:
    assert [call for call in calls(route.dependant) if not iscoroutinefunction(call)] == []


def test_so_is_what_every_request_calls() -> None:
    assert ROUTES
    assert all(iscoroutinefunction(dependency.dependency) for dependency in api_router.dependencies)
