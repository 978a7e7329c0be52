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
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError
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
from penstock.server.database.failures import is_transient, sqlstate

logger = logging.getLogger(__name__)

RETRY_AFTER_SECONDS = 1
TOO_MUCH_SQLSTATE = "54"
"""A limit of the program: an entry of an index is too long, an expression too deep."""
TOO_MUCH_WORDS = ("query arguments cannot exceed", "too many SQL variables", "Expression tree is too large")
"""What has no code of its own. Lists and keys in requests are limited so that it does not come to this."""

INTERNAL_ERROR = "Internal Server Error"
OUT_OF_RANGE = "A time or a number of the request is too far out to reckon with."

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


def status_and_sentence(error: Exception) -> tuple[int, str]:
    """Return what a request that ended so is answered, for one of several that are answered together."""
    if isinstance(error, ObjectNotFoundError):
        return 404, _not_found_sentence(error)
    if isinstance(error, OverflowError):
        return 422, OUT_OF_RANGE
    if isinstance(error, DBAPIError):
        return _refusal_of_database(error) or (500, INTERNAL_ERROR)
    status = next((STATUS_WITH_DETAIL[kind] for kind in type(error).mro() if kind in STATUS_WITH_DETAIL), 500)
    return status, INTERNAL_ERROR if status == 500 else str(error)


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
    return _body(404, exception_message=_not_found_sentence(error))


def _not_found_sentence(error: ObjectNotFoundError) -> str:
    is_id = isinstance(error.key, UUID)
    return f"{error.kind} with id {error.key} not found." if is_id else str(error)


def _invalid_request(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    return _body(
        422,
        exception_message="Invalid request received.",
        exception_detail=error.errors(),
        request_body=error.body,
    )


def _out_of_range(request: Request, error: Exception) -> Response:
    return _body(422, detail=OUT_OF_RANGE)


def _database_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, DBAPIError)
    refusal = _refusal_of_database(error)
    if refusal is not None:
        status, sentence = refusal
        return _body(status, detail=sentence)
    return _unavailable(request, error) if is_transient(error) else _internal_error(request, error)


def _refusal_of_database(error: DBAPIError) -> tuple[int, str] | None:
    """Return the status and the sentence for what a database does not take; None for other failures."""
    if isinstance(error, IntegrityError):
        return 409, (
            "The data does not fit what is there: a name may be taken already, "
            "or something it refers to does not exist."
        )
    if _is_too_much(error):
        return 422, "The request is too large for one statement of the database."
    if not is_transient(error) and (isinstance(error, DataError) or sqlstate(error).startswith("22")):
        return 422, "A value is too large, or has characters that cannot be stored."
    return None


def _is_too_much(error: DBAPIError) -> bool:
    return sqlstate(error).startswith(TOO_MUCH_SQLSTATE) or any(
        words in str(error.orig) for words in TOO_MUCH_WORDS
    )


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
    return _body(500, exception_message=INTERNAL_ERROR)
