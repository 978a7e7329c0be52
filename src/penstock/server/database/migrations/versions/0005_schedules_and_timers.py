"""what schedules and timed services need: when to look again, run inputs, and indexes."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision: str = "0005"
down_revision: str | None = "0004"
branch_labels: str | None = None
depends_on: str | None = None

TIMESTAMP = sa.DateTime(timezone=True)

RUN_INDEXES = (
    (
        "ix_flow_run__may_become_late",
        ["next_scheduled_start_time", "id"],
        "state_type = 'SCHEDULED' AND state_name = 'Scheduled'",
    ),
    (
        "ix_flow_run__scheduled_of_deployment",
        ["deployment_id", "next_scheduled_start_time", "id"],
        "state_type = 'SCHEDULED'",
    ),
    ("ix_flow_run__paused_until", ["paused_until"], "paused_until IS NOT NULL"),
    ("ix_flow_run__cancelling", ["state_timestamp"], "state_type IN ('CANCELLING')"),
    ("ix_flow_run__cancelled", ["end_time"], "state_type IN ('CANCELLED')"),
)


def upgrade() -> None:
    """Add the columns, let every schedule be looked at, and make table and indexes."""
    op.add_column("deployment_schedule", sa.Column("next_needed_at", TIMESTAMP))
    op.execute("UPDATE deployment_schedule SET next_needed_at = created")
    op.add_column("flow_run", sa.Column("paused_until", TIMESTAMP))
    op.create_index(
        "ix_deployment_schedule__next_needed_at",
        "deployment_schedule",
        ["next_needed_at"],
        sqlite_where=sa.text("active = 1"),
        postgresql_where=sa.text("active"),
    )
    for name, columns, condition in RUN_INDEXES:
        op.create_index(name, "flow_run", columns, **_where(condition))
    op.create_table(
        "flow_run_input",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created", TIMESTAMP, nullable=False),
        sa.Column("updated", TIMESTAMP, nullable=False),
        sa.Column("flow_run_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("sender", sa.Text()),
        sa.ForeignKeyConstraint(
            ["flow_run_id"],
            ["flow_run.id"],
            name="fk_flow_run_input__flow_run_id__flow_run",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_flow_run_input"),
        sa.UniqueConstraint("flow_run_id", "key", name="uq_flow_run_input__flow_run_id_key"),
    )


def downgrade() -> None:
    """Take table, indexes and columns away."""
    op.drop_table("flow_run_input")
    for name, _columns, _condition in RUN_INDEXES:
        op.drop_index(name, "flow_run")
    op.drop_index("ix_deployment_schedule__next_needed_at", "deployment_schedule")
    op.drop_column("flow_run", "paused_until")
    op.drop_column("deployment_schedule", "next_needed_at")


def _where(condition: str) -> dict[str, Any]:
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}
