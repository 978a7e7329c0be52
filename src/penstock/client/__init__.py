"""Talk to a Penstock server over HTTP."""

from penstock.client.client import PenstockClient
from penstock.client.errors import ApiError, Conflict, Invalid, NoAnswer, NotFound, ServerUnavailable
from penstock.client.retries import RetryPolicy

__all__ = [
    "ApiError",
    "Conflict",
    "Invalid",
    "NoAnswer",
    "NotFound",
    "PenstockClient",
    "RetryPolicy",
    "ServerUnavailable",
]
