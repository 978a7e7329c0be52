"""Bringing a database to the newest revision, with Alembic."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy.engine import Connection

from penstock.server.database.dialects import Dialect

_FOLDER = Path(__file__).parent


def migration_config(connection: Connection) -> Config:
    """Return the alembic configuration that works on an open connection."""
    config = Config()
    config.set_main_option("script_location", str(_FOLDER))
    config.attributes["connection"] = connection
    return config


def migrate(connection: Connection, dialect: Dialect) -> None:
    """Bring the schema to the newest revision inside the connection's transaction.

    A second process waits for the first and then finds nothing to do.
    """
    dialect.lock_for_migration(connection)
    command.upgrade(migration_config(connection), "head")
