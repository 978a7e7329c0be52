"""What a run is told while it waits."""

from uuid import UUID

from penstock.schemas.foundations import RecordModel


class FlowRunInput(RecordModel):
    """A text under a key of a run."""

    flow_run_id: UUID
    key: str
    value: str
    sender: str | None = None
