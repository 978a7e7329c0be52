"""The only modules that know one database from the other: one protocol and two makers."""

from importlib import import_module

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from penstock.core.errors import InvalidInputError
from penstock.server.database.dialects.base import Dialect

__all__ = ["Dialect", "dialect_for"]

# By name: a server has no use for the driver of the other database.
_MAKERS = {
    "sqlite+aiosqlite": ("penstock.server.database.dialects.sqlite", "SQLiteDialect"),
    "postgresql+asyncpg": ("penstock.server.database.dialects.postgresql", "PostgreSQLDialect"),
}

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
    if url.drivername not in _MAKERS:
        raise InvalidInputError("database_url", f"'{url.drivername}' is not supported; {_SUPPORTED}")
    module, maker = _MAKERS[url.drivername]
    dialect: Dialect = getattr(import_module(module), maker)(url)
    return dialect
