"""Defaults that stand for the data of a block document."""

from collections.abc import Mapping
from copy import deepcopy
from typing import Any
from uuid import UUID

from penstock.core.errors import ObjectNotFoundError
from penstock.schemas.job_templates.declarations import declared_variables


class BlockNotFoundError(ObjectNotFoundError):
    """A default refers to a block document that is not there."""

    def __init__(self, block_document_id: object) -> None:
        super().__init__("Block", block_document_id)
        self.args = ("Block not found.",)


def find_block_references(template: Mapping[str, Any]) -> dict[str, UUID]:
    """Return the block document each variable's default refers to, by variable.

    Such a default is ``{"$ref": {"block_document_id": id}}``. Raises BlockNotFoundError when the
    id is not a UUID.
    """
    return {
        name: _as_block_id(reference["block_document_id"])
        for name, reference in _references(template).items()
        if reference.get("block_document_id") is not None
    }


def replace_block_references(template: Mapping[str, Any], data_of: Mapping[UUID, Any]) -> dict[str, Any]:
    """Return a copy of the template with each reference replaced by the document's data.

    A default that names no block is dropped. Raises BlockNotFoundError for an id not in ``data_of``.
    """
    result = deepcopy(dict(template))
    for name, reference in _references(template).items():
        variable = result["variables"]["properties"][name]
        if reference.get("block_document_id") is None:
            del variable["default"]
            continue
        block_id = _as_block_id(reference["block_document_id"])
        if block_id not in data_of:
            raise BlockNotFoundError(block_id)
        variable["default"] = data_of[block_id]
    return result


def _references(template: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    found = {}
    for name, variable in declared_variables(template).items():
        default = variable.get("default")
        reference = default.get("$ref") if isinstance(default, dict) else None
        if isinstance(reference, dict):
            found[name] = reference
    return found


def _as_block_id(value: Any) -> UUID:
    try:
        return UUID(str(value))
    except ValueError:
        raise BlockNotFoundError(value) from None
