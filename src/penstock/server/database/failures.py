"""Which failures of a database pass by themselves."""

from sqlalchemy.exc import DBAPIError, InterfaceError

TRANSIENT_SQLSTATES = ("08", "40", "53", "55P03", "57")
"""Lost connection, deadlock or serialisation, out of resources, lock timeout, operator intervention."""
TRANSIENT_SQLITE_CODES = ("SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_IOERR", "SQLITE_CANTOPEN", "SQLITE_FULL")


def is_transient(error: DBAPIError) -> bool:
    """Return whether the same request may succeed a little later."""
    code = sqlstate(error)
    return (
        error.connection_invalidated
        or code.startswith(TRANSIENT_SQLSTATES)
        or str(getattr(error.orig, "sqlite_errorname", "")).startswith(TRANSIENT_SQLITE_CODES)
        or (isinstance(error, InterfaceError) and not code)
    )


def sqlstate(error: DBAPIError) -> str:
    """Return PostgreSQL's code of the failure; empty where there is none."""
    return str(getattr(error.orig, "sqlstate", None) or "")
