"""The short way of plain requests: their values are read and the route's function is called.

FastAPI looks through everything a request might carry, each time; on the routes that are asked most
this costs more than what they do. Here a route's signature is read once. A request that is right in
every respect takes the short way. Any other one, and every route that asks for more than path, body
and dependencies of the request, goes to FastAPI, whose word is the only one on what is wrong.
"""

import inspect
from collections.abc import Awaitable, Callable
from typing import Annotated, Any, get_args, get_origin, get_type_hints

from fastapi import HTTPException, Request, Response
from fastapi.params import Body, Depends
from pydantic import BaseModel, TypeAdapter
from starlette.requests import ClientDisconnect

from penstock.server.api.api_version import API_VERSION
from penstock.server.api.request_texts import NUL

Function = Callable[..., Awaitable[Any]]
_MISSING = object()


class _NotPlainError(Exception):
    """The signature asks for something that only FastAPI reads."""


class PlainCall:
    """A route's function, and where its arguments are found in a plain request."""

    def __init__(self, function: Function, path_names: frozenset[str]) -> None:
        self._function = function
        self._arguments = _Arguments(function, path_names)
        names = self._arguments.body_names()
        self._is_whole_body = len(names) == 1 and not self._arguments.embeds()
        self._has_body = bool(names)

    async def answer(self, request: Request) -> Response | None:
        """Call the route's function; None when the request is not plainly right, and nothing was done."""
        if not _is_plain(request):
            return None
        try:
            body = await request.json() if self._has_body else None
            if self._has_body and not self._is_whole_body and not isinstance(body, dict):
                return None
            values = await self._arguments.of(request, body, self._is_whole_body)
        except (ValueError, HTTPException, ClientDisconnect):
            return None
        response: Response = await self._function(**values)
        return response


def plain_call(function: Function, path_names: frozenset[str]) -> PlainCall | None:
    """Return the short way to a route's function; None when there is none.

    Args:
        path_names: the parameters in the route's path.
    """
    try:
        if get_type_hints(function).get("return") is not Response:
            return None
        return PlainCall(function, path_names)
    except _NotPlainError:
        return None


def _is_plain(request: Request) -> bool:
    """Return whether nothing about the request but its path and body has to be looked at."""
    headers = request.headers
    return (
        not request.scope["query_string"]
        and headers.get("x-prefect-api-version", API_VERSION) == API_VERSION
        and headers.get("content-type", "application/json") == "application/json"
        and not any(NUL in str(value) for value in request.path_params.values())
    )


class _Arguments:
    """How the arguments of one function are found, those of its dependencies included."""

    def __init__(self, function: Function, path_names: frozenset[str]) -> None:
        self._requests: list[str] = []
        self._paths: list[tuple[str, TypeAdapter[Any]]] = []
        self._bodies: list[_BodyValue] = []
        self._dependencies: list[tuple[str, Function, _Arguments]] = []
        hints = get_type_hints(function, include_extras=True)
        for name, parameter in inspect.signature(function).parameters.items():
            self._add(name, hints[name], parameter.default, path_names)

    def _add(self, name: str, hint: Any, default: Any, path_names: frozenset[str]) -> None:
        markers = get_args(hint)[1:] if get_origin(hint) is Annotated else ()
        depends = next((one for one in markers if isinstance(one, Depends)), None)
        body = next((one for one in markers if isinstance(one, Body)), None)
        if hint is Request:
            self._requests.append(name)
        elif name in path_names:
            self._paths.append((name, TypeAdapter(hint)))
        elif depends is not None and inspect.iscoroutinefunction(depends.dependency):
            called = depends.dependency
            self._dependencies.append((name, called, _Arguments(called, path_names)))
        elif body is not None or (inspect.isclass(hint) and issubclass(hint, BaseModel)):
            self._bodies.append(_BodyValue(name, body, TypeAdapter(hint), default))
        else:
            raise _NotPlainError

    def body_names(self) -> set[str]:
        """Return the names by which the body is asked."""
        of_dependencies = (arguments.body_names() for _, _, arguments in self._dependencies)
        return {one.alias for one in self._bodies}.union(*of_dependencies)

    def embeds(self) -> bool:
        """Return whether a value is asked for by its name, though it is the only one."""
        of_dependencies = (arguments.embeds() for _, _, arguments in self._dependencies)
        return any(one.embed for one in self._bodies) or any(of_dependencies)

    async def of(self, request: Request, body: Any, is_whole_body: bool) -> dict[str, Any]:
        """Return the arguments.

        Raises:
            ValidationError: a value is not right.
            HTTPException: a dependency says so.
        """
        values: dict[str, Any] = dict.fromkeys(self._requests, request)
        for name, adapter in self._paths:
            values[name] = adapter.validate_python(request.path_params[name])
        for one in self._bodies:
            values[one.name] = one.of(body, is_whole_body)
        for name, function, arguments in self._dependencies:
            values[name] = await function(**await arguments.of(request, body, is_whole_body))
        return values


class _BodyValue:
    """A value of the body, or the whole of it."""

    def __init__(self, name: str, marker: Body | None, adapter: TypeAdapter[Any], default: Any) -> None:
        self.name = name
        self.alias = marker.alias if marker is not None and marker.alias else name
        self.embed = marker is not None and bool(marker.embed)
        self._adapter = adapter
        self._default = _MISSING if default is inspect.Parameter.empty else default

    def of(self, body: Any, is_whole: bool) -> Any:
        """Return the value.

        Raises:
            ValueError: it is not right, or missing.
        """
        value = body if is_whole else body.get(self.alias, _MISSING)
        if value is _MISSING:
            if self._default is _MISSING:
                raise ValueError(f"{self.alias} is missing")
            return self._default
        return self._adapter.validate_python(value)
