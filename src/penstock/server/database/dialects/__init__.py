"""The only modules that know one database from the other: one protocol and two makers."""

from sqlalchemy.engine import make_url

from penstock.core.errors import InvalidInputError
from penstock.server.database.dialects.base import Dialect
from penstock.server.database.dialects.postgresql import PostgreSQLDialect
from penstock.server.database.dialects.sqlite import SQLiteDialect

__all__ = ["Dialect", "dialect_for"]


def dialect_for(database_url: str) -> Dialect:
    """Return the dialect of a SQLAlchemy URL.

    Raises:
        InvalidInputError: the URL names another database, or an in-memory SQLite one.
    """
    url = make_url(database_url)
    if url.drivername == "sqlite+aiosqlite":
        return SQLiteDialect(url)
    if url.drivername == "postgresql+asyncpg":
        return PostgreSQLDialect(url)
    raise InvalidInputError(
        "database_url",
        f"'{url.drivername}' is not supported; use sqlite+aiosqlite:///<file> or "
        "postgresql+asyncpg://<user>@<host>/<database>.",
    )
