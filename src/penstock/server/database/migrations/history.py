"""The newest revision, and whether a database has it."""

from functools import cache
from pathlib import Path

import sqlalchemy as sa

VERSIONS = Path(__file__).with_name("versions")

_VERSION = sa.table("alembic_version", sa.column("version_num", sa.Text()))


@cache
def newest_revision() -> str:
    """Return the name of the newest revision; files are named after their revisions, which are numbers."""
    return max(path.name.partition("_")[0] for path in VERSIONS.glob("[0-9]*.py"))


def is_newest(connection: sa.Connection) -> bool:
    """Return whether the database has the newest schema."""
    if not sa.inspect(connection).has_table(_VERSION.name):
        return False
    return connection.scalars(sa.select(_VERSION.c.version_num)).all() == [newest_revision()]
