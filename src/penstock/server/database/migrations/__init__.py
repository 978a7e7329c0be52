"""Migrations: one linear history for both databases, run at start, one process at a time.

- ``history``: which revision is the newest, told without Alembic.
- ``upgrade``: the way there. A server whose database is there already never loads it.
"""

from penstock.server.database.migrations.history import is_newest, newest_revision

__all__ = ["is_newest", "newest_revision"]
