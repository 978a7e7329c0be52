"""How a request's body is read: strictly JSON, whatever headers a client leaves out."""

from collections.abc import Callable, Coroutine
from functools import cache
from json import JSONDecodeError
from typing import Any

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic_core import from_json

from penstock.server.api.late_routes import LateRoute
from penstock.server.api.plain_requests import PlainCall, plain_call

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class JsonRequest(Request):
    """A request whose body must be proper JSON: no NaN, no half surrogate pairs, no bottomless nesting.

    Python's own parser lets these pass, and then neither a database nor an answer can hold them.
    """

    async def json(self) -> Any:
        """Return the parsed body; ``JSONDecodeError`` says what is wrong with it."""
        body = await self.body()
        try:
            return from_json(body, allow_inf_nan=False)
        except ValueError as error:
            raise JSONDecodeError(str(error), body.decode(errors="replace"), 0) from None


class JsonRoute(LateRoute):
    """A route that reads its body as JSON, also without a ``Content-Type`` (orchestration.md 0.11).

    Plain requests take the short way (``plain_requests``).
    """

    def get_route_handler(self) -> Handler:
        """Return the handler FastAPI calls, reading the body the strict way."""
        handle = super().get_route_handler()
        names = frozenset(self.param_convertors)

        @cache
        def short_way() -> PlainCall | None:
            return plain_call(self.endpoint, names)

        async def handle_json(request: Request) -> Response:
            request = JsonRequest(request.scope, request.receive)
            plainly = short_way()
            answer = await plainly.answer(request) if plainly is not None else None
            if answer is not None:
                return answer
            if not _is_json(request.headers.get("content-type")) and await request.body():
                raise await _not_json(request)
            return await handle(request)

        return handle_json


def _is_json(content_type: str | None) -> bool:
    media_type = (content_type or "application/json").partition(";")[0].strip().lower()
    return media_type == "application/json" or (
        media_type.startswith("application/") and media_type.endswith("+json")
    )


async def _not_json(request: Request) -> RequestValidationError:
    body = (await request.body()).decode(errors="replace")
    problem = {
        "type": "content_type",
        "loc": ("header", "content-type"),
        "msg": "The body must be JSON, sent with 'Content-Type: application/json'",
        "input": request.headers.get("content-type"),
    }
    return RequestValidationError([problem], body=body)
