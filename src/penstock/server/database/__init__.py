"""The database: tables, engines, sessions, migrations and the statements that dispatch.

- ``interface``: ``DBInterface``, sessions and transactions; ``dependencies`` injects it.
- ``tables/`` and ``orm_models``: the schema; ``types``, ``expressions``, ``states``: its vocabulary.
- ``dialects/``: the only code that knows SQLite from PostgreSQL.
- ``dispatch``: which runs are due, in which order; ``filters/``: API filters as SQL.
- ``plain``: statements that are compiled once; ``session_statements`` sends them in a session's transaction,
  ``direct`` without a session. ``told``: stored JSON, copied into answers.
- ``joint_writes``, ``batch_writes``: a change with the rows that come with it, and many of them at once.
- ``announcements``: telling who waits that something was committed; ``tail``: reading what is new.
- ``migrations/``: one line of revisions for both databases.
"""

from penstock.server.database.dependencies import db_injector, provide_database_interface
from penstock.server.database.interface import FEW_ROWS, DBInterface

__all__ = ["FEW_ROWS", "DBInterface", "db_injector", "provide_database_interface"]
