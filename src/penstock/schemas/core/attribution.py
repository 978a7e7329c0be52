"""Who or what made or changed something."""

from uuid import UUID

from penstock.schemas.foundations import WireModel
from penstock.schemas.values import Text


class CreatedBy(WireModel):
    """The maker, for example ``type`` SCHEDULE with the id of the schedule."""

    id: UUID | None = None
    type: Text | None = None
    display_value: Text | None = None


class UpdatedBy(WireModel):
    """Whoever made the last change."""

    id: UUID | None = None
    type: Text | None = None
    display_value: Text | None = None
