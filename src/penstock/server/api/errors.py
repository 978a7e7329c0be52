"""Each kind of error, its HTTP status and its body (workers.md 4, orchestration.md 0.6)."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any, NoReturn
from uuid import UUID

from fastapi import FastAPI, HTTPException, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic_core import to_json
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, InterfaceError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from penstock.core.errors import (
    AlreadyExistsError,
    ConflictError,
    ForbiddenError,
    InvalidInputError,
    ObjectNotFoundError,
    PenstockError,
    UnavailableError,
)
from penstock.schemas.hydration import HydrationError

logger = logging.getLogger(__name__)

RETRY_AFTER_SECONDS = 1
TRANSIENT_SQLSTATES = ("08", "40", "53", "55P03", "57")
"""Lost connection, deadlock or serialisation, out of resources, lock timeout, operator intervention."""
TOO_MUCH_SQLSTATE = "54"
"""A limit of the program: an entry of an index is too long, an expression too deep."""
TOO_MUCH_WORDS = ("query arguments cannot exceed", "too many SQL variables", "Expression tree is too large")
"""What has no code of its own. Lists and keys in requests are limited so that it does not come to this."""
TRANSIENT_SQLITE_CODES = ("SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_IOERR", "SQLITE_CANTOPEN", "SQLITE_FULL")

STATUS_WITH_DETAIL: dict[type[PenstockError], int] = {
    HydrationError: 400,
    ForbiddenError: 403,
    AlreadyExistsError: 409,
    ConflictError: 409,
    InvalidInputError: 422,
}


def not_found(message: str) -> NoReturn:
    """Answer 404 with ``message`` as its ``detail``."""
    raise HTTPException(404, detail=message)


def work_pool_not_found(work_pool_name: str) -> NoReturn:
    """Answer 404 for a pool, in the words clients know."""
    not_found(f'Work pool "{work_pool_name}" not found.')


@contextmanager
def unless_taken(kind: str, key: object) -> Iterator[None]:
    """Turn the database's refusal of a second row of the same name into ``AlreadyExistsError``."""
    try:
        yield
    except IntegrityError as error:
        if "unique" in str(error.orig).lower():
            raise AlreadyExistsError(kind, key) from error
        raise


@contextmanager
def conflict_on_value_error() -> Iterator[None]:
    """Turn a model function's ValueError, which says what stands in the way, into ``ConflictError``."""
    try:
        yield
    except ValueError as error:
        raise ConflictError(str(error)) from error


def install_error_handlers(app: FastAPI) -> None:
    """Give every error its status and body; nothing a client sends becomes a 500."""
    for error, status in STATUS_WITH_DETAIL.items():
        app.add_exception_handler(error, _answer_with_detail(status))
    app.add_exception_handler(ObjectNotFoundError, _object_not_found)
    app.add_exception_handler(RequestValidationError, _invalid_request)
    app.add_exception_handler(DBAPIError, _database_error)
    app.add_exception_handler(OverflowError, _out_of_range)
    for trouble in (UnavailableError, PoolTimeoutError, OSError):
        app.add_exception_handler(trouble, _unavailable)
    app.add_exception_handler(Exception, _internal_error)


def _body(status: int, headers: dict[str, str] | None = None, **content: Any) -> Response:
    # Whatever was sent must be shown again, also what is no JSON: bytes, broken text, errors.
    data = to_json(content, fallback=str, bytes_mode="base64", inf_nan_mode="strings", serialize_unknown=True)
    return Response(data, status, headers=headers, media_type="application/json")


def _answer_with_detail(status: int) -> Callable[[Request, Exception], Response]:
    def answer(request: Request, error: Exception) -> Response:
        content: dict[str, Any] = {"detail": str(error)}
        if isinstance(error, PenstockError) and error.faults:
            content["faults"] = [asdict(one) for one in error.faults]
        return _body(status, **content)

    return answer


def _object_not_found(request: Request, error: Exception) -> Response:
    assert isinstance(error, ObjectNotFoundError)
    is_id = isinstance(error.key, UUID)
    return _body(
        404, exception_message=f"{error.kind} with id {error.key} not found." if is_id else str(error)
    )


def _invalid_request(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    return _body(
        422,
        exception_message="Invalid request received.",
        exception_detail=error.errors(),
        request_body=error.body,
    )


def _out_of_range(request: Request, error: Exception) -> Response:
    return _body(422, detail="A time or a number of the request is too far out to reckon with.")


def _database_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, DBAPIError)
    if isinstance(error, IntegrityError):
        return _body(
            409,
            detail="The data does not fit what is there: a name may be taken already, "
            "or something it refers to does not exist.",
        )
    if _is_too_much(error):
        return _body(422, detail="The request is too large for one statement of the database.")
    if _is_transient(error):
        return _unavailable(request, error)
    if isinstance(error, DataError) or _sqlstate(error).startswith("22"):
        return _body(422, detail="A value is too large, or has characters that cannot be stored.")
    return _internal_error(request, error)


def _is_too_much(error: DBAPIError) -> bool:
    return _sqlstate(error).startswith(TOO_MUCH_SQLSTATE) or any(
        words in str(error.orig) for words in TOO_MUCH_WORDS
    )


def _is_transient(error: DBAPIError) -> bool:
    sqlstate = _sqlstate(error)
    return (
        error.connection_invalidated
        or sqlstate.startswith(TRANSIENT_SQLSTATES)
        or str(getattr(error.orig, "sqlite_errorname", "")).startswith(TRANSIENT_SQLITE_CODES)
        or (isinstance(error, InterfaceError) and not sqlstate)
    )


def _sqlstate(error: DBAPIError) -> str:
    return str(getattr(error.orig, "sqlstate", None) or "")


def _unavailable(request: Request, error: Exception) -> Response:
    seconds = error.retry_after_seconds if isinstance(error, UnavailableError) else RETRY_AFTER_SECONDS
    logger.warning("%s %s answered 503: %s", request.method, request.url.path, error)
    return _body(
        503,
        headers={"Retry-After": f"{max(1, round(seconds))}"},
        exception_message="The database is busy or does not answer; try again shortly.",
    )


def _internal_error(request: Request, error: Exception) -> Response:
    logger.error("%s %s failed", request.method, request.url.path, exc_info=error)
    return _body(500, exception_message="Internal Server Error")
