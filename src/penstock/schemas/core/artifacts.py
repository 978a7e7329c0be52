"""Artifacts: results for people to read."""

from typing import Any
from uuid import UUID

from penstock.schemas.foundations import RecordModel


class Artifact(RecordModel):
    """One result of a run; artifacts with the same key are versions of each other."""

    key: str | None = None
    type: str | None = None
    description: str | None = None
    data: Any | None = None
    metadata_: dict[str, Any] | None = None
    flow_run_id: UUID | None = None
    task_run_id: UUID | None = None


class ArtifactCollection(RecordModel):
    """All artifacts of one key, shown as their newest one."""

    key: str
    latest_id: UUID
    type: str | None = None
    description: str | None = None
    data: Any | None = None
    metadata_: dict[str, Any] | None = None
    flow_run_id: UUID | None = None
    task_run_id: UUID | None = None
