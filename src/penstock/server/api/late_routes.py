"""Routes whose signatures are read when they are first asked, and not when the server starts.

FastAPI makes validators of everything a route takes and gives as soon as it hears of the route. Of some
two hundred routes a server is asked a dozen for days.
"""

import warnings
from collections.abc import Callable, Iterator
from typing import Any, Self

from fastapi import APIRouter
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from pydantic.warnings import UnsupportedFieldAttributeWarning
from starlette.routing import Match, compile_path, get_name
from starlette.types import Scope

_OF_THE_PATH = ("path_regex", "path_format", "param_convertors")


class LateRoute(APIRoute):
    """Knows its path and methods; everything else comes about when it is first asked for.

    ``APIRoute`` sets what it finds out as attributes. Until one of them is missed, it is not asked.
    """

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        self._options: dict[str, Any] = options
        self._is_read = False
        self._start = path.partition("{")[0]
        self.path = path
        self.endpoint = endpoint
        self.name = options.get("name") or get_name(endpoint)
        self.methods = {method.upper() for method in options.get("methods") or ("GET",)}

    def below(self, router: APIRouter) -> Self:
        """Return the same route below a router: with its prefix, and its dependencies before the own ones."""
        options = self._options | {
            "dependencies": [*router.dependencies, *(self._options.get("dependencies") or ())],
            "strict_content_type": router.strict_content_type,
        }
        return type(self)(router.prefix + self.path, self.endpoint, **options)

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Look at the letters before the first parameter first: no expression is made for other paths."""
        if self._start not in scope["path"]:
            return Match.NONE, {}
        return super().matches(scope)

    def __getattr__(self, name: str) -> Any:
        if name in _OF_THE_PATH:
            self.path_regex, self.path_format, self.param_convertors = compile_path(self.path)
        elif self._is_read or name.startswith("__"):
            raise AttributeError(name)
        else:
            self._read()
        return getattr(self, name)

    def _read(self) -> None:
        self._is_read = True
        super().__init__(self.path, self.endpoint, **self._options)
        fields = (self.body_field, self.response_field, *self.response_fields.values())
        with warnings.catch_warnings():
            # FastAPI overlooks this warning where it makes the fields; of late models they are made here.
            warnings.simplefilter("ignore", UnsupportedFieldAttributeWarning)
            for field in (*fields, *_fields(self.dependant)):
                if field is not None:
                    field._type_adapter.rebuild()  # noqa: SLF001 - to validate a made-up value is the other way


def _fields(dependant: Dependant) -> Iterator[Any]:
    yield from dependant.path_params
    yield from dependant.query_params
    yield from dependant.header_params
    yield from dependant.body_params
    for dependency in dependant.dependencies:
        yield from _fields(dependency)


def below(router: APIRouter, included: APIRouter) -> Iterator[LateRoute]:
    """Yield the routes of a router as they are below another one."""
    for route in included.routes:
        if not isinstance(route, LateRoute):
            raise TypeError(f"{route} is no LateRoute.")
        yield route.below(router)
