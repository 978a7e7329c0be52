"""attempts with leases, infrastructure retries, draining workers, and who paused what."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision: str = "0006"
down_revision: str | None = "0005"
branch_labels: str | None = None
depends_on: str | None = None

TIMESTAMP = sa.DateTime(timezone=True)
HELD = sa.text("lease_expires_at IS NOT NULL")


def columns() -> dict[str, tuple[sa.Column[Any], ...]]:
    """Return the new columns by table, made anew: a column belongs to one table only."""
    return {
        "flow_run": (
            sa.Column("attempt", sa.Integer(), nullable=False, server_default="0"),
            sa.Column("worker_name", sa.Text()),
            sa.Column("lease_kind", sa.String(16)),
            sa.Column("lease_expires_at", TIMESTAMP),
            sa.Column("last_sign_of_life", TIMESTAMP),
            sa.Column("infra_failures", sa.Integer(), nullable=False, server_default="0"),
        ),
        "deployment": (
            sa.Column("infra_retries", sa.Integer()),
            sa.Column("infra_retry_delay_seconds", sa.Double()),
        ),
        "worker": (sa.Column("draining_since", TIMESTAMP),),
        "work_pool": (
            sa.Column("paused_since", TIMESTAMP),
            sa.Column("paused_by", sa.Text()),
            sa.Column("pause_reason", sa.Text()),
        ),
        "work_queue": (
            sa.Column("paused_since", TIMESTAMP),
            sa.Column("paused_by", sa.Text()),
            sa.Column("pause_reason", sa.Text()),
        ),
    }


HOLD_WHAT_IS_UNDER_WAY = """
    UPDATE flow_run SET attempt = 1, lease_kind = 'OBSERVED', lease_expires_at = {soon}
    WHERE state_type IN ('PENDING', 'RUNNING', 'CANCELLING')
      AND (deployment_id IS NOT NULL OR work_queue_id IS NOT NULL)
"""
SOON = {
    "sqlite": "strftime('%Y-%m-%d %H:%M:%f', 'now', '+10 minutes') || '000'",
    "postgresql": "now() + interval '10 minutes'",
}


def upgrade() -> None:
    """Add the columns and indexes; runs that are under way get ten minutes to be heard of."""
    for table, added in columns().items():
        for column in added:
            op.add_column(table, column)
    op.execute(HOLD_WHAT_IS_UNDER_WAY.format(soon=SOON[op.get_bind().dialect.name]))
    op.create_index(
        "ix_flow_run__lease", "flow_run", ["lease_expires_at"], sqlite_where=HELD, postgresql_where=HELD
    )
    op.create_index(
        "ix_flow_run__holder",
        "flow_run",
        ["worker_name", "work_queue_id"],
        sqlite_where=HELD,
        postgresql_where=HELD,
    )


def downgrade() -> None:
    """Take indexes and columns away."""
    op.drop_index("ix_flow_run__holder", "flow_run")
    op.drop_index("ix_flow_run__lease", "flow_run")
    for table, added in columns().items():
        for column in added:
            op.drop_column(table, column.name)
