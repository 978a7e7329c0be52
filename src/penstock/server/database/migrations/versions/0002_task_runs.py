"""Task runs and their states; events and logs are numbered as they are inserted."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0002"
down_revision: str | None = "0001"
branch_labels: str | None = None
depends_on: str | None = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
TIMESTAMP = sa.DateTime(timezone=True)
POSITION = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

EVENT_INDEXES = {
    "ix_event__occurred__id": ["occurred", "id"],
    "ix_event__resource_id__occurred": ["resource_id", "occurred"],
}
LOG_INDEXES = {
    "ix_log__flow_run_id__timestamp__id": ["flow_run_id", "timestamp", "id"],
    "ix_log__timestamp__id": ["timestamp", "id"],
}


def upgrade() -> None:
    """Make the tables of task runs, and number events and logs."""
    _create_task_run()
    _create_task_run_state()
    _create_task_run_state_cache()
    for table, columns, indexes in (
        ("event", _event_columns(), EVENT_INDEXES),
        ("log", _log_columns(), LOG_INDEXES),
    ):
        if _is_sqlite():
            _rebuild(table, columns, indexes, numbered=True)
        else:
            _number(table)
    op.create_index("ix_event__event__occurred", "event", ["event", "occurred"])
    op.create_index(
        "ix_event__related",
        "event",
        ["related"],
        postgresql_using="gin",
        postgresql_ops={"related": "jsonb_path_ops"},
        sqlite_where=sa.column("related").is_(None),
    )
    has_task_run = sa.column("task_run_id").is_not(None)
    op.create_index(
        "ix_log__task_run_id", "log", ["task_run_id"],
        sqlite_where=has_task_run, postgresql_where=has_task_run,
    )  # fmt: skip


def downgrade() -> None:
    """Drop task runs and take the numbers away."""
    op.drop_index("ix_event__event__occurred", "event")
    op.drop_index("ix_event__related", "event")
    op.drop_index("ix_log__task_run_id", "log")
    for table, columns, indexes in (
        ("event", _event_columns(), EVENT_INDEXES),
        ("log", _log_columns(), LOG_INDEXES),
    ):
        if _is_sqlite():
            _rebuild(table, columns, indexes, numbered=False)
        else:
            op.drop_constraint(f"pk_{table}", table)
            op.drop_constraint(f"uq_{table}__id", table)
            op.drop_column(table, "position")
            op.create_primary_key(f"pk_{table}", table, ["id"])
    for table in ("task_run_state_cache", "task_run_state", "task_run"):
        op.drop_table(table)


def _is_sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"


def _number(table: str) -> None:
    op.drop_constraint(f"pk_{table}", table)
    op.add_column(table, sa.Column("position", sa.BigInteger(), sa.Identity(), nullable=False))
    op.create_primary_key(f"pk_{table}", table, ["position"])
    op.create_unique_constraint(f"uq_{table}__id", table, ["id"])


def _rebuild(
    table: str, columns: list[sa.Column[Any]], indexes: dict[str, list[str]], *, numbered: bool
) -> None:
    """Make the table anew with or without numbers; SQLite cannot change a primary key."""
    names = ", ".join(f'"{column.name}"' for column in columns)
    if numbered:
        position = sa.Column("position", POSITION, sa.Identity(), primary_key=True)
        key = sa.UniqueConstraint("id", name=f"uq_{table}__id")
        op.create_table(f"{table}_new", position, *columns, key, sqlite_autoincrement=True)
    else:
        op.create_table(f"{table}_new", *columns, sa.PrimaryKeyConstraint("id", name=f"pk_{table}"))
    op.execute(
        f'INSERT INTO "{table}_new" ({names}) SELECT {names} FROM "{table}" ORDER BY created'  # noqa: S608
    )
    op.drop_table(table)
    op.rename_table(f"{table}_new", table)
    for name, indexed in indexes.items():
        op.create_index(name, table, indexed)


def _common_columns() -> list[sa.Column[Any]]:
    return [
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created", TIMESTAMP, nullable=False),
        sa.Column("updated", TIMESTAMP, nullable=False),
    ]


def _event_columns() -> list[sa.Column[Any]]:
    return [
        *_common_columns(),
        sa.Column("occurred", TIMESTAMP, nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("resource_id", sa.Text(), nullable=False),
        sa.Column("resource", JSON, nullable=False),
        sa.Column("related", JSON, nullable=False),
        sa.Column("payload", JSON, nullable=False),
        sa.Column("received", TIMESTAMP, nullable=False),
        sa.Column("follows", sa.Uuid()),
    ]


def _log_columns() -> list[sa.Column[Any]]:
    return [
        *_common_columns(),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("level", sa.SmallInteger(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("timestamp", TIMESTAMP, nullable=False),
        sa.Column("flow_run_id", sa.Uuid()),
        sa.Column("task_run_id", sa.Uuid()),
    ]


def _create_task_run() -> None:
    op.create_table(
        "task_run",
        *_common_columns(),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("flow_run_id", sa.Uuid()),
        sa.Column("task_key", sa.Text(), nullable=False),
        sa.Column("dynamic_key", sa.Text(), nullable=False),
        sa.Column("cache_key", sa.Text()),
        sa.Column("cache_expiration", TIMESTAMP),
        sa.Column("task_version", sa.Text()),
        sa.Column("flow_run_run_count", sa.Integer(), nullable=False),
        sa.Column("empirical_policy", JSON, nullable=False),
        sa.Column("task_inputs", JSON, nullable=False),
        sa.Column("tags", JSON, nullable=False),
        sa.Column("labels", JSON, nullable=False),
        sa.Column("state_id", sa.Uuid()),
        sa.Column("state_type", sa.String(16)),
        sa.Column("state_name", sa.Text()),
        sa.Column("state_timestamp", TIMESTAMP),
        sa.Column("state_message", sa.Text()),
        sa.Column("state_details", JSON),
        sa.Column("state_data", JSON),
        sa.Column("run_count", sa.Integer(), nullable=False),
        sa.Column("expected_start_time", TIMESTAMP),
        sa.Column("next_scheduled_start_time", TIMESTAMP),
        sa.Column("start_time", TIMESTAMP),
        sa.Column("end_time", TIMESTAMP),
        sa.Column("total_run_time", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_task_run"),
        sa.UniqueConstraint(
            "flow_run_id", "task_key", "dynamic_key", name="uq_task_run__flow_run_id_task_key_dynamic_key"
        ),
        sa.ForeignKeyConstraint(
            ["flow_run_id"], ["flow_run.id"], ondelete="CASCADE", name="fk_task_run__flow_run_id__flow_run"
        ),
    )
    op.create_index("ix_task_run__flow_run_id__state_type", "task_run", ["flow_run_id", "state_type"])
    op.create_index("ix_task_run__expected_start_time__id", "task_run", ["expected_start_time", "id"])


def _create_task_run_state() -> None:
    op.create_table(
        "task_run_state",
        *_common_columns(),
        sa.Column("task_run_id", sa.Uuid(), nullable=False),
        sa.Column("type", sa.String(16), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("timestamp", TIMESTAMP, nullable=False),
        sa.Column("message", sa.Text()),
        sa.Column("state_details", JSON, nullable=False),
        sa.Column("data", JSON),
        sa.PrimaryKeyConstraint("id", name="pk_task_run_state"),
        sa.ForeignKeyConstraint(
            ["task_run_id"],
            ["task_run.id"],
            ondelete="CASCADE",
            name="fk_task_run_state__task_run_id__task_run",
        ),
    )
    op.create_index(
        "ix_task_run_state__task_run_id__timestamp", "task_run_state", ["task_run_id", "timestamp"]
    )


def _create_task_run_state_cache() -> None:
    op.create_table(
        "task_run_state_cache",
        *_common_columns(),
        sa.Column("cache_key", sa.Text(), nullable=False),
        sa.Column("cache_expiration", TIMESTAMP),
        sa.Column("task_run_state_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_task_run_state_cache"),
        sa.ForeignKeyConstraint(
            ["task_run_state_id"],
            ["task_run_state.id"],
            ondelete="CASCADE",
            name="fk_task_run_state_cache__task_run_state_id__task_run_state",
        ),
    )
    op.create_index(
        "ix_task_run_state_cache__cache_key__created", "task_run_state_cache", ["cache_key", "created"]
    )
    op.create_index(
        "ix_task_run_state_cache__task_run_state_id", "task_run_state_cache", ["task_run_state_id"]
    )
