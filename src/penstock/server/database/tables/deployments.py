"""``deployment`` and ``deployment_schedule`` (orchestration.md 5.2, 5.3)."""

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.orm import Mapped, mapped_column, relationship

from penstock.core.clock import utc_now
from penstock.schemas.core import ConcurrencyOptions, CreatedBy, UpdatedBy
from penstock.schemas.statuses import DeploymentStatus
from penstock.server.database.tables.base import Base
from penstock.server.database.tables.concurrency_limits import ConcurrencyLimit
from penstock.server.database.tables.work_pools import WorkPool
from penstock.server.database.tables.work_queues import WorkQueue
from penstock.server.database.types import JSON, PydanticJSON, enum_type


class DeploymentSchedule(Base):
    """When a deployment's runs are due; one deployment has any number of them."""

    __tablename__ = "deployment_schedule"
    __table_args__ = (
        sa.UniqueConstraint("deployment_id", "slug"),
        sa.Index(
            "ix_deployment_schedule__next_needed_at",
            "next_needed_at",
            sqlite_where=sa.text("active = 1"),
            postgresql_where=sa.text("active"),
        ),
    )

    deployment_id: Mapped[UUID] = mapped_column(sa.ForeignKey("deployment.id", ondelete="CASCADE"))
    schedule: Mapped[dict[str, Any]]
    active: Mapped[bool] = mapped_column(default=True)
    max_scheduled_runs: Mapped[int | None]
    parameters: Mapped[dict[str, Any]] = mapped_column(default=dict)
    slug: Mapped[str | None]
    next_needed_at: Mapped[datetime | None] = mapped_column(default=utc_now)
    """When the scheduler has to look at it again; null while its deployment is paused."""


class Deployment(Base):
    """How and where a flow runs: pool, queue, job variables, parameters, schedules."""

    __tablename__ = "deployment"
    __table_args__ = (
        sa.UniqueConstraint("flow_id", "name"),
        sa.Index(None, "work_queue_id"),
        sa.Index(None, "updated"),
        sa.Index(
            "ix_deployment__concurrency_limit_id",
            "concurrency_limit_id",
            sqlite_where=sa.text("concurrency_limit_id IS NOT NULL"),
            postgresql_where=sa.text("concurrency_limit_id IS NOT NULL"),
        ),
    )

    name: Mapped[str]
    version: Mapped[str | None]
    description: Mapped[str | None]
    flow_id: Mapped[UUID] = mapped_column(sa.ForeignKey("flow.id", ondelete="CASCADE"))
    work_queue_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("work_queue.id", ondelete="SET NULL"))
    work_queue_name: Mapped[str | None]
    paused: Mapped[bool] = mapped_column(default=False)
    status: Mapped[DeploymentStatus] = mapped_column(
        enum_type(DeploymentStatus), default=DeploymentStatus.NOT_READY
    )
    last_polled: Mapped[datetime | None]
    tags: Mapped[list[str]] = mapped_column(default=list)
    labels: Mapped[dict[str, Any]] = mapped_column(default=dict)
    parameters: Mapped[dict[str, Any]] = mapped_column(default=dict)
    job_variables: Mapped[dict[str, Any]] = mapped_column(default=dict)
    pull_steps: Mapped[list[dict[str, Any]] | None] = mapped_column(JSON)
    parameter_openapi_schema: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    enforce_parameter_schema: Mapped[bool] = mapped_column(default=True)
    path: Mapped[str | None]
    entrypoint: Mapped[str | None]
    concurrency_limit_id: Mapped[UUID | None]
    """Not a foreign key: SQLite can't add one to a table that others refer to."""
    concurrency_options: Mapped[ConcurrencyOptions | None] = mapped_column(PydanticJSON(ConcurrencyOptions))
    infra_retries: Mapped[int | None]
    """How many attempts that ended without a word are made up for; null is the default."""

    infra_retry_delay_seconds: Mapped[float | None]
    storage_document_id: Mapped[UUID | None]
    infrastructure_document_id: Mapped[UUID | None]
    created_by: Mapped[CreatedBy | None] = mapped_column(PydanticJSON(CreatedBy))
    updated_by: Mapped[UpdatedBy | None] = mapped_column(PydanticJSON(UpdatedBy))

    schedules: Mapped[list[DeploymentSchedule]] = relationship(
        lazy="selectin",
        order_by=DeploymentSchedule.updated.desc(),
        passive_deletes=True,
        cascade="all, delete-orphan",
    )
    concurrency_limit: Mapped[ConcurrencyLimit | None] = relationship(
        primaryjoin=lambda: orm.foreign(Deployment.concurrency_limit_id) == ConcurrencyLimit.id,
        lazy="raise_on_sql",
        viewonly=True,
    )
    work_queue: Mapped[WorkQueue | None] = relationship(lazy="raise_on_sql", viewonly=True)
    work_pool: Mapped[WorkPool | None] = relationship(
        secondary=WorkQueue.__table__,
        primaryjoin=lambda: Deployment.work_queue_id == WorkQueue.id,
        secondaryjoin=lambda: WorkQueue.work_pool_id == WorkPool.id,
        lazy="raise_on_sql",
        viewonly=True,
        uselist=False,
    )
