"""What can be wrong with a schema itself."""

from penstock.core.errors import InvalidInputError


class InvalidSchemaError(InvalidInputError):
    """The schema is not valid, or can't be applied."""


class CircularSchemaError(InvalidSchemaError):
    """The schema refers to itself without end, or is nested beyond all measure."""
