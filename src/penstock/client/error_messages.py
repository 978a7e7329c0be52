"""One human sentence out of whatever a server answered."""

import json
from typing import Any

import httpx

from penstock.client.errors import ApiError, Conflict, Invalid, NoAnswer, NotFound, ServerUnavailable

_KINDS: dict[int, type[ApiError]] = {
    404: NotFound,
    409: Conflict,
    422: Invalid,
    429: ServerUnavailable,
    502: NoAnswer,
    503: ServerUnavailable,
    504: NoAnswer,
}
_LONGEST_TEXT = 300
_NO_LISTENER = "All connection attempts failed"


def error_from_response(response: httpx.Response) -> ApiError:
    """Return the error that fits an answer outside 2xx, and the sentence in its body.

    Source: orchestration.md 0.6.
    """
    body = _body(response)
    message = _sentence(body) or _sentence_from_status(response)
    return _KINDS.get(response.status_code, ApiError)(response.status_code, message, body)


def error_from_status(status_code: int, message: str) -> ApiError:
    """Return the error for a part of a request that was answered with a status of its own."""
    return _KINDS.get(status_code, ApiError)(status_code, message)


def error_from_silence(api_url: str, error: httpx.RequestError) -> NoAnswer:
    """Return the error for a call that got no answer."""
    if isinstance(error, httpx.UnsupportedProtocol):
        reason = "it is no http:// or https:// address"
    elif isinstance(error, httpx.TimeoutException):
        reason = "it took too long"
    elif isinstance(error, httpx.ConnectError):
        reason = str(error).strip().rstrip(".").replace(_NO_LISTENER, "nobody listens there")
    else:
        reason = "the connection broke off"
    return NoAnswer(503, f"The server at {api_url} does not answer: {reason}.")


def _body(response: httpx.Response) -> Any:
    try:
        return response.json()
    except ValueError:
        return response.text or None


def _sentence(body: Any) -> str | None:
    if not isinstance(body, dict):
        return None
    for key in ("exception_detail", "detail"):
        if isinstance(body.get(key), list) and body[key]:
            return "; ".join(_field_and_reason(item) for item in body[key])
    for key in ("detail", "exception_message", "message"):
        if body.get(key):
            return body[key] if isinstance(body[key], str) else json.dumps(body[key])
    return None


def _field_and_reason(item: Any) -> str:
    if not isinstance(item, dict):
        return str(item)
    reason = str(item.get("msg", item)).removeprefix("Value error, ")
    place = [str(part) for part in item.get("loc") or () if part != "body"]
    return f"{'.'.join(place)}: {reason}" if place else reason


def _sentence_from_status(response: httpx.Response) -> str:
    text = " ".join(response.text.split())
    status = f"{response.status_code} {response.reason_phrase}".strip()
    sentence = f"{response.request.method} {response.request.url} was answered with {status}"
    if not text or text.startswith("<"):
        return f"{sentence}."
    return f"{sentence}: {text[:_LONGEST_TEXT]}"
