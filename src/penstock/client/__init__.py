"""Talk to a Penstock server over HTTP."""

from penstock.client.client import PenstockClient
from penstock.client.errors import ApiError, Conflict, Invalid, NotFound, ServerUnavailable
from penstock.client.retries import RetryPolicy

__all__ = [
    "ApiError",
    "Conflict",
    "Invalid",
    "NotFound",
    "PenstockClient",
    "RetryPolicy",
    "ServerUnavailable",
]
