"""How model functions get their ``db``: from their session, or the one named by the environment."""

from collections.abc import Awaitable, Callable
from functools import lru_cache, wraps
from inspect import signature
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy.ext.asyncio import AsyncSession

from penstock.server.database.interface import DBInterface
from penstock.settings import ServerSettings

P = ParamSpec("P")
R = TypeVar("R")


@lru_cache(maxsize=16)
def _interface(database_url: str) -> DBInterface:
    return DBInterface(database_url)


def provide_database_interface() -> DBInterface:
    """Return the interface of the database that the settings name; the same one for the same URL."""
    return _interface(ServerSettings().database_url)


def db_injector(
    function: Callable[Concatenate[DBInterface, P], Awaitable[R]],
) -> Callable[P, Awaitable[R]]:
    """Let callers leave out ``db``, the first argument.

    It is then the database of the session they pass, else the one the settings name.
    """
    session_position = _position_of_session(function)

    @wraps(function)
    async def wrapper(*args: Any, **kwargs: Any) -> R:
        if "db" in kwargs or (args and isinstance(args[0], DBInterface)):
            return await function(*args, **kwargs)
        session = kwargs.get("session")
        if session is None and session_position is not None and len(args) > session_position:
            session = args[session_position]
        return await function(_db_of(session), *args, **kwargs)

    return wrapper


def _position_of_session(function: Callable[..., Any]) -> int | None:
    names = list(signature(function).parameters)[1:]
    return names.index("session") if "session" in names else None


def _db_of(session: AsyncSession | None) -> DBInterface:
    if session is not None:
        db = session.info.get("db")
        if isinstance(db, DBInterface):
            return db
    return provide_database_interface()
