"""``artifact`` and ``artifact_collection``: what runs leave for people to read (orchestration.md 5.10)."""

from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from penstock.server.database.tables.base import Base
from penstock.server.database.types import JSON


class _Content:
    """What an artifact says, and which run made it. Runs are not referenced by a key: they may go first."""

    type: Mapped[str | None]
    description: Mapped[str | None]
    data: Mapped[Any | None] = mapped_column(JSON)
    metadata_: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    flow_run_id: Mapped[UUID | None]
    task_run_id: Mapped[UUID | None]


class Artifact(_Content, Base):
    """One result; those with the same key are versions of each other."""

    __tablename__ = "artifact"
    __table_args__ = (
        sa.Index("ix_artifact__key__created__id", "key", "created", "id"),
        sa.Index(None, "flow_run_id"),
        sa.Index(None, "task_run_id"),
    )

    key: Mapped[str | None]


class ArtifactCollection(_Content, Base):
    """All artifacts of one key, shown as their newest one."""

    __tablename__ = "artifact_collection"
    __table_args__ = (sa.UniqueConstraint("key"),)

    key: Mapped[str]
    latest_id: Mapped[UUID]
