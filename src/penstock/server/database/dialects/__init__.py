"""The only modules that know one database from the other: one protocol and two makers."""

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from penstock.core.errors import InvalidInputError
from penstock.server.database.dialects.base import Dialect
from penstock.server.database.dialects.postgresql import PostgreSQLDialect
from penstock.server.database.dialects.sqlite import SQLiteDialect

__all__ = ["Dialect", "dialect_for"]

_SUPPORTED = "use sqlite+aiosqlite:///<file> or postgresql+asyncpg://<user>@<host>/<database>."


def dialect_for(database_url: str) -> Dialect:
    """Return the dialect of a SQLAlchemy URL.

    Raises:
        InvalidInputError: it is no URL, or names another database or an in-memory SQLite one.
    """
    try:
        url = make_url(database_url)
    except ArgumentError:
        raise InvalidInputError("database_url", f"This is not a URL; {_SUPPORTED}") from None
    if url.drivername == "sqlite+aiosqlite":
        return SQLiteDialect(url)
    if url.drivername == "postgresql+asyncpg":
        return PostgreSQLDialect(url)
    raise InvalidInputError("database_url", f"'{url.drivername}' is not supported; {_SUPPORTED}")
