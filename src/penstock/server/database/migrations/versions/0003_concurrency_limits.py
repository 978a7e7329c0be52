"""Concurrency limits, the leases that hold their slots, and the limit of a deployment."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision: str = "0003"
down_revision: str | None = "0002"
branch_labels: str | None = None
depends_on: str | None = None

TIMESTAMP = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the tables, let a deployment name its limit, and order waiting runs by deployment too."""
    _create_limit()
    _create_lease()
    _create_lease_limit()
    _add_limit_of_deployment()
    _index_waiting_runs(
        "ix_flow_run__due_of_deployment",
        ["work_queue_id", "deployment_id", "next_scheduled_start_time", "id"],
        "deployment_id IS NOT NULL",
    )
    _index_waiting_runs(
        "ix_flow_run__due_without_deployment",
        ["work_queue_id", "next_scheduled_start_time", "id"],
        "deployment_id IS NULL",
    )


def downgrade() -> None:
    """Take indexes, column and tables away."""
    op.drop_index("ix_flow_run__due_without_deployment", "flow_run")
    op.drop_index("ix_flow_run__due_of_deployment", "flow_run")
    op.drop_index("ix_deployment__concurrency_limit_id", "deployment")
    op.drop_column("deployment", "concurrency_limit_id")
    for table in ("concurrency_lease_limit", "concurrency_lease", "concurrency_limit_v2"):
        op.drop_table(table)


def _common_columns() -> list[sa.Column[Any]]:
    return [
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created", TIMESTAMP, nullable=False),
        sa.Column("updated", TIMESTAMP, nullable=False),
    ]


def _index_waiting_runs(name: str, columns: list[str], condition: str) -> None:
    waiting = sa.text(f"state_type = 'SCHEDULED' AND {condition}")
    op.create_index(name, "flow_run", columns, sqlite_where=waiting, postgresql_where=waiting)


def _create_limit() -> None:
    op.create_table(
        "concurrency_limit_v2",
        *_common_columns(),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("limit", sa.Integer(), nullable=False),
        sa.Column("active_slots", sa.Double(), nullable=False),
        sa.Column("denied_slots", sa.Double(), nullable=False),
        sa.Column("slot_decay_per_second", sa.Double(), nullable=False),
        sa.Column("avg_slot_occupancy_seconds", sa.Double(), nullable=False),
        sa.Column("counted_at", TIMESTAMP, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_concurrency_limit_v2"),
        sa.UniqueConstraint("name", name="uq_concurrency_limit_v2__name"),
    )


def _create_lease() -> None:
    op.create_table(
        "concurrency_lease",
        *_common_columns(),
        sa.Column("slots", sa.Integer(), nullable=False),
        sa.Column("expires_at", TIMESTAMP),
        sa.Column("holder_type", sa.Text()),
        sa.Column("holder_id", sa.Uuid()),
        sa.Column("flow_run_id", sa.Uuid()),
        sa.Column("task_run_id", sa.Uuid()),
        sa.PrimaryKeyConstraint("id", name="pk_concurrency_lease"),
        sa.UniqueConstraint("flow_run_id", name="uq_concurrency_lease__flow_run_id"),
        sa.ForeignKeyConstraint(
            ["flow_run_id"],
            ["flow_run.id"],
            name="fk_concurrency_lease__flow_run_id__flow_run",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["task_run_id"],
            ["task_run.id"],
            name="fk_concurrency_lease__task_run_id__task_run",
            ondelete="CASCADE",
        ),
    )
    for column in ("expires_at", "holder_id", "task_run_id"):
        op.create_index(f"ix_concurrency_lease__{column}", "concurrency_lease", [column])


def _create_lease_limit() -> None:
    op.create_table(
        "concurrency_lease_limit",
        sa.Column("limit_id", sa.Uuid(), nullable=False),
        sa.Column("lease_id", sa.Uuid(), nullable=False),
        sa.Column("slots", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("limit_id", "lease_id", name="pk_concurrency_lease_limit"),
        sa.ForeignKeyConstraint(
            ["limit_id"],
            ["concurrency_limit_v2.id"],
            name="fk_concurrency_lease_limit__limit_id__concurrency_limit_v2",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["lease_id"],
            ["concurrency_lease.id"],
            name="fk_concurrency_lease_limit__lease_id__concurrency_lease",
            ondelete="CASCADE",
        ),
    )
    op.create_index("ix_concurrency_lease_limit__lease_id", "concurrency_lease_limit", ["lease_id"])


def _add_limit_of_deployment() -> None:
    op.add_column("deployment", sa.Column("concurrency_limit_id", sa.Uuid()))
    given = sa.text("concurrency_limit_id IS NOT NULL")
    op.create_index(
        "ix_deployment__concurrency_limit_id",
        "deployment",
        ["concurrency_limit_id"],
        sqlite_where=given,
        postgresql_where=given,
    )
