"""The one way a request leaves this process: sent, tried again, and its answer read."""

import asyncio
import json
from collections.abc import Mapping
from typing import Any, TypeVar

import httpx
from pydantic import BaseModel, TypeAdapter, ValidationError

from penstock.client.actor import ACTOR_HEADER, actor
from penstock.client.error_messages import error_from_response, error_from_silence
from penstock.client.errors import ApiError, Invalid
from penstock.client.retries import RetryPolicy

Shape = TypeVar("Shape")
Body = BaseModel | Mapping[str, Any] | bytes | None
"""What a call sends; bytes are JSON already."""

_LONGEST_CONNECT_SECONDS = 5.0


class Http:
    """Calls a server's REST API.

    ``repeatable`` on a call says that doing it twice is the same as doing it once; only then it is tried
    again after a failure that leaves open whether the server has processed it.
    """

    def __init__(
        self,
        api_url: str,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
        timeout_seconds: float = 30.0,
        headers: Mapping[str, str] | None = None,
        retries: RetryPolicy | None = None,
    ) -> None:
        self.api_url = api_url.rstrip("/")
        self._retries = retries or RetryPolicy()
        self._http = httpx.AsyncClient(
            transport=transport,
            timeout=httpx.Timeout(timeout_seconds, connect=min(timeout_seconds, _LONGEST_CONNECT_SECONDS)),
            headers={"Accept": "application/json", ACTOR_HEADER: actor(), **(headers or {})},
            follow_redirects=True,
        )

    async def close(self) -> None:
        """Close all connections."""
        await self._http.aclose()

    async def fetch(
        self,
        shape: TypeAdapter[Shape],
        method: str,
        path: str,
        body: Body = None,
        *,
        params: Mapping[str, Any] | None = None,
        repeatable: bool,
        longer_by_seconds: float = 0.0,
    ) -> Shape:
        """Call and return the answer as ``shape``. Raises ``ApiError`` and its subclasses.

        ``longer_by_seconds`` is how long the server may hold back its answer on purpose.
        """
        response = await self._answer(
            method, path, body, params, repeatable=repeatable, longer_by_seconds=longer_by_seconds
        )
        try:
            return shape.validate_json(response.content)
        except ValidationError as error:
            raise ApiError(
                response.status_code,
                f"The answer to {method} {response.request.url} is not what a Penstock server sends;"
                " check the address of the server and its version.",
                str(error),
            ) from error

    async def send(
        self,
        method: str,
        path: str,
        body: Body = None,
        *,
        params: Mapping[str, Any] | None = None,
        repeatable: bool,
    ) -> None:
        """Call and ignore the body of the answer. Raises ``ApiError`` and its subclasses."""
        await self._answer(method, path, body, params, repeatable=repeatable)

    async def _answer(
        self,
        method: str,
        path: str,
        body: Body,
        params: Mapping[str, Any] | None,
        *,
        repeatable: bool,
        longer_by_seconds: float = 0.0,
    ) -> httpx.Response:
        request = self._request(method, path, body, params)
        if longer_by_seconds:
            request.extensions["timeout"]["read"] += longer_by_seconds
        pauses = self._retries.pauses()
        while True:
            outcome = await self._attempt(request)
            if isinstance(outcome, httpx.Response):
                if outcome.is_success:
                    return outcome
                failure = error_from_response(outcome)
                again = self._retries.allows_after_answer(outcome, repeatable=repeatable)
                least_pause = self._retries.pause_asked_for(outcome)
            else:
                failure = error_from_silence(self.api_url, outcome)
                again = self._retries.allows_after_silence(outcome, repeatable=repeatable)
                least_pause = 0.0
            pause = next(pauses, None)
            if pause is None or not again:
                raise failure
            await asyncio.sleep(max(pause, least_pause))

    async def _attempt(self, request: httpx.Request) -> httpx.Response | httpx.RequestError:
        try:
            return await self._http.send(request)
        except httpx.RequestError as error:
            return error

    def _request(self, method: str, path: str, body: Body, params: Mapping[str, Any] | None) -> httpx.Request:
        try:
            return self._http.build_request(
                method,
                self.api_url + path,
                params=params,
                content=None if body is None else _encoded(body),
                headers=None if body is None else {"Content-Type": "application/json"},
            )
        except httpx.InvalidURL as error:
            raise ApiError(400, f"'{self.api_url}' is no address of a server: {error}.") from error
        except ValueError as error:
            raise Invalid(422, f"The request cannot be written as JSON: {error}.") from error


def _encoded(body: Body) -> bytes:
    """Return the body as ASCII JSON, so that any Python string can travel, lone surrogates included."""
    if isinstance(body, bytes):
        return body
    return json.dumps(_plain(body), allow_nan=False).encode("ascii")


def _plain(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json", exclude_unset=True)
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value
