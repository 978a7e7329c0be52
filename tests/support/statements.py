"""Which statements are sent to the database."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event

from penstock.server.database import DBInterface

BRACKETS = ("BEGIN", "SAVEPOINT", "RELEASE", "ROLLBACK")


@contextmanager
def recorded(db: DBInterface) -> Iterator[list[str]]:
    """Collect the statements that are sent meanwhile, transaction brackets left out."""
    statements: list[str] = []

    def note(_connection, _cursor, statement: str, *_: Any) -> None:
        if not statement.startswith(BRACKETS):
            statements.append(statement)

    event.listen(db.engine.sync_engine, "before_cursor_execute", note)
    db.is_observed = True
    try:
        yield statements
    finally:
        db.is_observed = False
        event.remove(db.engine.sync_engine, "before_cursor_execute", note)
