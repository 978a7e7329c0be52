"""Upper-case on the wire, kebab case in the names of events."""

from enum import StrEnum


class KebabCaseEnum(StrEnum):
    """A status whose name also appears in event names."""

    def in_kebab_case(self) -> str:
        """Return the form used in event names, for example ``not-ready``."""
        return self.value.lower().replace("_", "-")
