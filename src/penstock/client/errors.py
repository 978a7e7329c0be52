"""What a call to the server can end with instead of an answer."""

from typing import Any

from penstock.core.errors import PenstockError


class ApiError(PenstockError):
    """The server refused a call, or its answer made no sense.

    ``status_code`` is the HTTP status (503 when nothing answered at all), ``message`` one sentence for a
    person, ``detail`` the body as it came: parsed JSON, text, or ``None``.
    """

    def __init__(self, status_code: int, message: str, detail: Any = None) -> None:
        super().__init__(message)
        self.status_code = status_code
        self.message = message
        self.detail = detail


class NotFound(ApiError):
    """HTTP 404: the thing that was asked for does not exist."""


class Conflict(ApiError):
    """HTTP 409: the request contradicts the present state of things."""


class Invalid(ApiError):
    """HTTP 422: a value is not acceptable; the message names each field and the reason."""


class ServerUnavailable(ApiError):
    """Nothing answered, or the server asked to be left alone, after all attempts of this call."""


class NoAnswer(ServerUnavailable):
    """No server answered; 502 and 504 are the words of a machine in between."""
