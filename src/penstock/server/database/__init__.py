"""The database: tables, engines, sessions, migrations and the statements that dispatch.

- ``interface``: ``DBInterface``, sessions and transactions; ``dependencies`` injects it.
- ``tables/`` and ``orm_models``: the schema; ``types``, ``expressions``, ``states``: its vocabulary.
- ``dialects/``: the only code that knows SQLite from PostgreSQL.
- ``dispatch``: which runs are due, in which order; ``filters/``: API filters as SQL.
- ``migrations/``: one line of revisions for both databases.
"""

from penstock.server.database.dependencies import db_injector, provide_database_interface
from penstock.server.database.interface import DBInterface

__all__ = ["DBInterface", "db_injector", "provide_database_interface"]
