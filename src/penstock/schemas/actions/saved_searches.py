"""Saving searches."""

from pydantic import Field

from penstock.schemas.core.saved_searches import SavedSearchFilter
from penstock.schemas.foundations import ActionModel
from penstock.schemas.names import NonEmptyName


class SavedSearchCreate(ActionModel):
    """A search to save; it replaces the one of the same name."""

    name: NonEmptyName
    filters: list[SavedSearchFilter] = Field(default_factory=list)
