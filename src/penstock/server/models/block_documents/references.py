"""Which fields of a document stand for other documents."""

from typing import Any
from uuid import UUID

from penstock.core.errors import InvalidInputError
from penstock.schemas.values import refuse_long_key


def split_references(data: dict[str, Any]) -> tuple[dict[str, Any], dict[str, UUID]]:
    """Return the plain fields, and the document that each other field stands for.

    Such a field is ``{"$ref": {"block_document_id": id}}``.

    Raises:
        InvalidInputError: an id is not a UUID, or the name of its field is too long.
    """
    plain, references = {}, {}
    for name, value in data.items():
        reference = value.get("$ref") if isinstance(value, dict) else None
        if isinstance(reference, dict) and "block_document_id" in reference:
            _check_name(name)
            references[name] = _as_id(name, reference["block_document_id"])
        else:
            plain[name] = value
    return plain, references


def _check_name(name: str) -> None:
    try:
        refuse_long_key(name)
    except ValueError as error:
        raise InvalidInputError("data", str(error)) from None


def _as_id(name: str, value: Any) -> UUID:
    try:
        return UUID(str(value))
    except ValueError:
        raise InvalidInputError(f"data.{name}", f"'{value}' is no id of a block document.") from None
