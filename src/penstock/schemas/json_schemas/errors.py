"""What can be wrong with a schema itself."""

from penstock.core.errors import Fault, InvalidInputError


class InvalidSchemaError(InvalidInputError):
    """The schema is not valid, or can't be applied.

    ``field`` is where the schema stands; its first part names the document in which ``faults`` are.
    """

    def __init__(self, field: str, reason: str, fault: Fault | None = None) -> None:
        super().__init__(field, reason)
        if fault is not None:
            self.faults = [Fault((*field.split(".")[1:], *fault.path), fault.message)]


class CircularSchemaError(InvalidSchemaError):
    """The schema refers to itself without end, or is nested beyond all measure."""
