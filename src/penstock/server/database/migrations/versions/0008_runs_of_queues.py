"""an index by which SQLite finds all runs of a queue."""

import sqlalchemy as sa
from alembic import op

revision: str = "0008"
down_revision: str | None = "0007"
branch_labels: str | None = None
depends_on: str | None = None

QUEUE_INDEX = "ix_flow_run__work_queue_id"
RETRY_INDEX = "ix_flow_run__in_process_retries"
RETRIES = sa.text("state_type = 'SCHEDULED' AND retry_type = 'in_process'")


def upgrade() -> None:
    """Make the index, which holds no row on PostgreSQL, and one that SQLite prefers to it for retries."""
    _replace_retry_index("work_queue_id", "state_type")
    op.create_index(
        QUEUE_INDEX,
        "flow_run",
        ["work_queue_id"],
        sqlite_where=sa.text("work_queue_id IS NOT NULL"),
        postgresql_where=sa.text("id IS NULL"),
    )


def downgrade() -> None:
    """Take the index away."""
    op.drop_index(QUEUE_INDEX, table_name="flow_run")
    _replace_retry_index("work_queue_id")


def _replace_retry_index(*columns: str) -> None:
    op.drop_index(RETRY_INDEX, table_name="flow_run")
    op.create_index(RETRY_INDEX, "flow_run", columns, sqlite_where=RETRIES, postgresql_where=RETRIES)
