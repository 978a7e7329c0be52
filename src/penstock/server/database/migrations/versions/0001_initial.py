"""The first schema: pools, queues, workers, flows, deployments, runs, logs and events."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0001"
down_revision: str | None = None
branch_labels: str | None = None
depends_on: str | None = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
TIMESTAMP = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make every table; the pool's default queue refers to a table that comes after it."""
    _create_block_document()
    _create_event()
    _create_flow()
    _create_log()
    _create_work_pool()
    _create_work_queue()
    _create_worker()
    _create_deployment()
    _create_flow_run()
    _create_deployment_schedule()
    _create_flow_run_state()
    if op.get_bind().dialect.name == "postgresql":
        op.create_foreign_key(
            "fk_work_pool__default_queue_id__work_queue",
            "work_pool",
            "work_queue",
            ["default_queue_id"],
            ["id"],
            ondelete="RESTRICT",
        )
        # a run's row is rewritten several times in its life: leave room beside it
        op.execute("ALTER TABLE flow_run SET (fillfactor = 80)")


def downgrade() -> None:
    """Drop every table."""
    if op.get_bind().dialect.name == "postgresql":
        op.drop_constraint("fk_work_pool__default_queue_id__work_queue", "work_pool")
    for table in (
        "flow_run_state",
        "deployment_schedule",
        "flow_run",
        "deployment",
        "worker",
        "work_queue",
        "work_pool",
        "log",
        "flow",
        "event",
        "block_document",
    ):
        op.drop_table(table)


def _common_columns() -> list[sa.Column[Any]]:
    return [
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created", TIMESTAMP, nullable=False),
        sa.Column("updated", TIMESTAMP, nullable=False),
    ]


def _where(condition: str) -> dict[str, Any]:
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}


def _retry_type() -> sa.Computed:
    if op.get_bind().dialect.name == "postgresql":
        return sa.Computed("empirical_policy ->> 'retry_type'", persisted=True)
    return sa.Computed("json_extract(empirical_policy, '$.retry_type')", persisted=True)


def _create_block_document() -> None:
    op.create_table(
        "block_document",
        *_common_columns(),
        sa.Column("name", sa.Text()),
        sa.Column("data", JSON, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_block_document"),
    )


def _create_event() -> None:
    op.create_table(
        "event",
        *_common_columns(),
        sa.Column("occurred", TIMESTAMP, nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("resource_id", sa.Text(), nullable=False),
        sa.Column("resource", JSON, nullable=False),
        sa.Column("related", JSON, nullable=False),
        sa.Column("payload", JSON, nullable=False),
        sa.Column("received", TIMESTAMP, nullable=False),
        sa.Column("follows", sa.Uuid()),
        sa.PrimaryKeyConstraint("id", name="pk_event"),
    )
    op.create_index("ix_event__occurred__id", "event", ["occurred", "id"])
    op.create_index("ix_event__resource_id__occurred", "event", ["resource_id", "occurred"])


def _create_flow() -> None:
    op.create_table(
        "flow",
        *_common_columns(),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("tags", JSON, nullable=False),
        sa.Column("labels", JSON, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_flow"),
        sa.UniqueConstraint("name", name="uq_flow__name"),
    )


def _create_log() -> None:
    op.create_table(
        "log",
        *_common_columns(),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("level", sa.SmallInteger(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("timestamp", TIMESTAMP, nullable=False),
        sa.Column("flow_run_id", sa.Uuid()),
        sa.Column("task_run_id", sa.Uuid()),
        sa.PrimaryKeyConstraint("id", name="pk_log"),
    )
    op.create_index("ix_log__flow_run_id__timestamp__id", "log", ["flow_run_id", "timestamp", "id"])
    op.create_index("ix_log__timestamp__id", "log", ["timestamp", "id"])


def _create_work_pool() -> None:
    op.create_table(
        "work_pool",
        *_common_columns(),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("description", sa.Text()),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("base_job_template", JSON, nullable=False),
        sa.Column("is_paused", sa.Boolean(), nullable=False),
        sa.Column("default_queue_id", sa.Uuid()),
        sa.Column("concurrency_limit", sa.Integer()),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("last_transitioned_status_at", TIMESTAMP),
        sa.Column("last_status_event_id", sa.Uuid()),
        sa.Column("storage_configuration", JSON, nullable=False),
        sa.ForeignKeyConstraint(
            ["default_queue_id"],
            ["work_queue.id"],
            name="fk_work_pool__default_queue_id__work_queue",
            ondelete="RESTRICT",
            use_alter=True,
        ),
        sa.PrimaryKeyConstraint("id", name="pk_work_pool"),
        sa.UniqueConstraint("name", name="uq_work_pool__name"),
    )
    op.create_index("ix_work_pool__type", "work_pool", ["type"])


def _create_work_queue() -> None:
    op.create_table(
        "work_queue",
        *_common_columns(),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("filter", JSON),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("is_paused", sa.Boolean(), nullable=False),
        sa.Column("concurrency_limit", sa.Integer()),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("last_polled", TIMESTAMP),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("work_pool_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["work_pool_id"],
            ["work_pool.id"],
            name="fk_work_queue__work_pool_id__work_pool",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_work_queue"),
        sa.UniqueConstraint("work_pool_id", "name", name="uq_work_queue__work_pool_id_name"),
    )
    op.create_index("ix_work_queue__work_pool_id_priority", "work_queue", ["work_pool_id", "priority"])


def _create_worker() -> None:
    op.create_table(
        "worker",
        *_common_columns(),
        sa.Column("work_pool_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("last_heartbeat_time", TIMESTAMP, nullable=False),
        sa.Column("heartbeat_interval_seconds", sa.Integer()),
        sa.ForeignKeyConstraint(
            ["work_pool_id"], ["work_pool.id"], name="fk_worker__work_pool_id__work_pool", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_worker"),
        sa.UniqueConstraint("work_pool_id", "name", name="uq_worker__work_pool_id_name"),
    )
    op.create_index(
        "ix_worker__work_pool_id_last_heartbeat_time", "worker", ["work_pool_id", "last_heartbeat_time"]
    )


def _create_deployment() -> None:
    op.create_table(
        "deployment",
        *_common_columns(),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("version", sa.Text()),
        sa.Column("description", sa.Text()),
        sa.Column("flow_id", sa.Uuid(), nullable=False),
        sa.Column("work_queue_id", sa.Uuid()),
        sa.Column("work_queue_name", sa.Text()),
        sa.Column("paused", sa.Boolean(), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("last_polled", TIMESTAMP),
        sa.Column("tags", JSON, nullable=False),
        sa.Column("labels", JSON, nullable=False),
        sa.Column("parameters", JSON, nullable=False),
        sa.Column("job_variables", JSON, nullable=False),
        sa.Column("pull_steps", JSON),
        sa.Column("parameter_openapi_schema", JSON),
        sa.Column("enforce_parameter_schema", sa.Boolean(), nullable=False),
        sa.Column("path", sa.Text()),
        sa.Column("entrypoint", sa.Text()),
        sa.Column("concurrency_options", JSON),
        sa.Column("storage_document_id", sa.Uuid()),
        sa.Column("infrastructure_document_id", sa.Uuid()),
        sa.Column("created_by", JSON),
        sa.Column("updated_by", JSON),
        sa.ForeignKeyConstraint(
            ["flow_id"], ["flow.id"], name="fk_deployment__flow_id__flow", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["work_queue_id"],
            ["work_queue.id"],
            name="fk_deployment__work_queue_id__work_queue",
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_deployment"),
        sa.UniqueConstraint("flow_id", "name", name="uq_deployment__flow_id_name"),
    )
    op.create_index("ix_deployment__updated", "deployment", ["updated"])
    op.create_index("ix_deployment__work_queue_id", "deployment", ["work_queue_id"])


def _create_flow_run() -> None:
    op.create_table(
        "flow_run",
        *_common_columns(),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("flow_id", sa.Uuid(), nullable=False),
        sa.Column("deployment_id", sa.Uuid()),
        sa.Column("deployment_version", sa.Text()),
        sa.Column("parent_task_run_id", sa.Uuid()),
        sa.Column("work_queue_id", sa.Uuid()),
        sa.Column("work_queue_name", sa.Text()),
        sa.Column("flow_version", sa.Text()),
        sa.Column("parameters", JSON, nullable=False),
        sa.Column("idempotency_key", sa.Text()),
        sa.Column("context", JSON, nullable=False),
        sa.Column("empirical_policy", JSON, nullable=False),
        sa.Column("retry_type", sa.Text(), _retry_type()),
        sa.Column("tags", JSON, nullable=False),
        sa.Column("labels", JSON, nullable=False),
        sa.Column("job_variables", JSON),
        sa.Column("created_by", JSON),
        sa.Column("auto_scheduled", sa.Boolean(), nullable=False),
        sa.Column("infrastructure_pid", sa.Text()),
        sa.Column("infrastructure_document_id", sa.Uuid()),
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
        sa.ForeignKeyConstraint(
            ["flow_id"], ["flow.id"], name="fk_flow_run__flow_id__flow", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["work_queue_id"],
            ["work_queue.id"],
            name="fk_flow_run__work_queue_id__work_queue",
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_flow_run"),
        sa.UniqueConstraint("flow_id", "idempotency_key", name="uq_flow_run__flow_id_idempotency_key"),
    )
    op.create_index(
        "ix_flow_run__deployment_id__expected_start_time",
        "flow_run",
        ["deployment_id", "expected_start_time"],
        **_where("deployment_id IS NOT NULL"),
    )
    op.create_index(
        "ix_flow_run__due",
        "flow_run",
        ["work_queue_id", "next_scheduled_start_time", "id"],
        **_where("state_type = 'SCHEDULED'"),
    )
    op.create_index("ix_flow_run__expected_start_time__id", "flow_run", ["expected_start_time", "id"])
    op.create_index(
        "ix_flow_run__flow_id__expected_start_time", "flow_run", ["flow_id", "expected_start_time"]
    )
    op.create_index(
        "ix_flow_run__in_process_retries",
        "flow_run",
        ["work_queue_id"],
        **_where("state_type = 'SCHEDULED' AND retry_type = 'in_process'"),
    )
    op.create_index(
        "ix_flow_run__parent_task_run_id",
        "flow_run",
        ["parent_task_run_id"],
        **_where("parent_task_run_id IS NOT NULL"),
    )
    op.create_index(
        "ix_flow_run__slot_holders",
        "flow_run",
        ["work_queue_id", "state_type"],
        **_where("state_type IN ('CANCELLING', 'PENDING', 'RUNNING')"),
    )
    op.create_index(
        "ix_flow_run__work_queue_name", "flow_run", ["work_queue_name"], **_where("work_queue_id IS NULL")
    )


def _create_deployment_schedule() -> None:
    op.create_table(
        "deployment_schedule",
        *_common_columns(),
        sa.Column("deployment_id", sa.Uuid(), nullable=False),
        sa.Column("schedule", JSON, nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("max_scheduled_runs", sa.Integer()),
        sa.Column("parameters", JSON, nullable=False),
        sa.Column("slug", sa.Text()),
        sa.ForeignKeyConstraint(
            ["deployment_id"],
            ["deployment.id"],
            name="fk_deployment_schedule__deployment_id__deployment",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_deployment_schedule"),
        sa.UniqueConstraint("deployment_id", "slug", name="uq_deployment_schedule__deployment_id_slug"),
    )


def _create_flow_run_state() -> None:
    op.create_table(
        "flow_run_state",
        *_common_columns(),
        sa.Column("flow_run_id", sa.Uuid(), nullable=False),
        sa.Column("type", sa.String(16), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("timestamp", TIMESTAMP, nullable=False),
        sa.Column("message", sa.Text()),
        sa.Column("state_details", JSON, nullable=False),
        sa.Column("data", JSON),
        sa.ForeignKeyConstraint(
            ["flow_run_id"],
            ["flow_run.id"],
            name="fk_flow_run_state__flow_run_id__flow_run",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_flow_run_state"),
        sa.UniqueConstraint("flow_run_id", "timestamp", name="uq_flow_run_state__flow_run_id_timestamp"),
    )
