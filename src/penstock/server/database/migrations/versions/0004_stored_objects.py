"""Artifacts, variables, blocks, saved searches, the server's own configuration, and cleanup for workers."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0004"
down_revision: str | None = "0003"
branch_labels: str | None = None
depends_on: str | None = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
TIMESTAMP = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the tables, and give block documents their type, schema and references."""
    _create_artifacts()
    _create_named_values()
    _create_block_tables()
    _extend_block_document()
    _create_block_document_reference()
    _create_cleanup_message()


def downgrade() -> None:
    """Take the tables away; encrypted documents go, because nothing before could read them."""
    for name in ("cleanup_message", "block_document_reference"):
        op.drop_table(name)
    op.execute("DELETE FROM block_document WHERE block_type_id IS NOT NULL")
    op.drop_index("ix_block_document__block_schema_id", "block_document")
    with op.batch_alter_table("block_document") as table:
        table.drop_constraint("uq_block_document__block_type_id_name", type_="unique")
        table.drop_constraint("fk_block_document__block_schema_id__block_schema", type_="foreignkey")
        table.drop_constraint("fk_block_document__block_type_id__block_type", type_="foreignkey")
        for column in ("block_schema_id", "block_type_id", "is_anonymous"):
            table.drop_column(column)
    for name in (
        "block_schema",
        "block_type",
        "saved_search",
        "configuration",
        "variable",
        "artifact_collection",
        "artifact",
    ):
        op.drop_table(name)


def _create_table(name: str, *parts: Any) -> None:
    op.create_table(
        name,
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created", TIMESTAMP, nullable=False),
        sa.Column("updated", TIMESTAMP, nullable=False),
        *parts,
        sa.PrimaryKeyConstraint("id", name=f"pk_{name}"),
    )


def _content() -> list[sa.Column[Any]]:
    return [
        sa.Column("type", sa.Text()),
        sa.Column("description", sa.Text()),
        sa.Column("data", JSON),
        sa.Column("metadata_", JSON),
        sa.Column("flow_run_id", sa.Uuid()),
        sa.Column("task_run_id", sa.Uuid()),
    ]


def _create_artifacts() -> None:
    _create_table("artifact", *_content(), sa.Column("key", sa.Text()))
    op.create_index("ix_artifact__key__created__id", "artifact", ["key", "created", "id"])
    op.create_index("ix_artifact__flow_run_id", "artifact", ["flow_run_id"])
    op.create_index("ix_artifact__task_run_id", "artifact", ["task_run_id"])
    _create_table(
        "artifact_collection",
        *_content(),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("latest_id", sa.Uuid(), nullable=False),
        sa.UniqueConstraint("key", name="uq_artifact_collection__key"),
    )


def _create_named_values() -> None:
    _create_table(
        "variable",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", JSON),
        sa.Column("tags", JSON, nullable=False),
        sa.UniqueConstraint("name", name="uq_variable__name"),
    )
    _create_table(
        "configuration",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("value", JSON, nullable=False),
        sa.UniqueConstraint("key", name="uq_configuration__key"),
    )
    _create_table(
        "saved_search",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("filters", JSON, nullable=False),
        sa.UniqueConstraint("name", name="uq_saved_search__name"),
    )


def _create_block_tables() -> None:
    _create_table(
        "block_type",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("logo_url", sa.Text()),
        sa.Column("documentation_url", sa.Text()),
        sa.Column("description", sa.Text()),
        sa.Column("code_example", sa.Text()),
        sa.Column("is_protected", sa.Boolean(), nullable=False),
        sa.UniqueConstraint("slug", name="uq_block_type__slug"),
    )
    _create_table(
        "block_schema",
        sa.Column("checksum", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("fields", JSON, nullable=False),
        sa.Column("capabilities", JSON, nullable=False),
        sa.Column("block_type_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["block_type_id"],
            ["block_type.id"],
            name="fk_block_schema__block_type_id__block_type",
            ondelete="CASCADE",
        ),
        sa.UniqueConstraint("checksum", "version", name="uq_block_schema__checksum_version"),
    )
    op.create_index("ix_block_schema__block_type_id", "block_schema", ["block_type_id"])


def _extend_block_document() -> None:
    with op.batch_alter_table("block_document") as table:
        table.add_column(sa.Column("block_schema_id", sa.Uuid()))
        table.add_column(sa.Column("block_type_id", sa.Uuid()))
        table.add_column(sa.Column("is_anonymous", sa.Boolean(), nullable=False, server_default=sa.false()))
        for column, referred in (("block_schema_id", "block_schema"), ("block_type_id", "block_type")):
            table.create_foreign_key(
                f"fk_block_document__{column}__{referred}", referred, [column], ["id"], ondelete="CASCADE"
            )
        table.create_unique_constraint("uq_block_document__block_type_id_name", ["block_type_id", "name"])
    with op.batch_alter_table("block_document") as table:
        table.alter_column("is_anonymous", server_default=None)
    op.create_index("ix_block_document__block_schema_id", "block_document", ["block_schema_id"])


def _create_block_document_reference() -> None:
    table = "block_document_reference"
    columns = ("parent_id", "referenced_id")
    _create_table(
        table,
        sa.Column("name", sa.Text(), nullable=False),
        *(sa.Column(column, sa.Uuid(), nullable=False) for column in columns),
        *(
            sa.ForeignKeyConstraint(
                [column],
                ["block_document.id"],
                name=f"fk_{table}__{column}__block_document",
                ondelete="CASCADE",
            )
            for column in columns
        ),
        sa.UniqueConstraint("parent_id", "name", name=f"uq_{table}__parent_id_name"),
    )
    op.create_index(f"ix_{table}__referenced_id", table, ["referenced_id"])


def _create_cleanup_message() -> None:
    _create_table(
        "cleanup_message",
        sa.Column("work_pool_id", sa.Uuid(), nullable=False),
        sa.Column("work_queue_id", sa.Uuid()),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("idempotency_key", sa.Text(), nullable=False),
        sa.Column("target", JSON, nullable=False),
        sa.Column("data", JSON, nullable=False),
        sa.Column("delivery_count", sa.Integer(), nullable=False),
        sa.Column("reservation_token", sa.Text()),
        sa.Column("lease_expires_at", TIMESTAMP),
        sa.Column("settled_at", TIMESTAMP),
        sa.Column("dead_letter_reason", sa.Text()),
        sa.ForeignKeyConstraint(
            ["work_pool_id"],
            ["work_pool.id"],
            name="fk_cleanup_message__work_pool_id__work_pool",
            ondelete="CASCADE",
        ),
        sa.UniqueConstraint(
            "work_pool_id", "idempotency_key", name="uq_cleanup_message__work_pool_id_idempotency_key"
        ),
    )
    op.create_index(
        "ix_cleanup_message__waiting",
        "cleanup_message",
        ["work_pool_id", "created", "id"],
        **_where("settled_at IS NULL"),
    )
    op.create_index(
        "ix_cleanup_message__leases",
        "cleanup_message",
        ["lease_expires_at"],
        **_where("lease_expires_at IS NOT NULL"),
    )


def _where(condition: str) -> dict[str, Any]:
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}
