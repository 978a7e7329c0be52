"""Events of block types and block documents; they carry no data of documents (orchestration.md 6.2)."""

from penstock.server.database.orm_models import BlockDocument, BlockSchema, BlockType, Event
from penstock.server.events.named_objects import named_object_event
from penstock.server.events.resources import labels

DESCRIBED = (
    "name",
    "slug",
    "logo_url",
    "documentation_url",
    "description",
    "code_example",
    "is_protected",
)


def block_type_created(block_type: BlockType) -> Event:
    """Build the event of a new block type."""
    return _type_event("created", block_type)


def block_type_updated(block_type: BlockType) -> Event:
    """Build the event of a changed block type."""
    return _type_event("updated", block_type)


def block_type_deleted(block_type: BlockType) -> Event:
    """Build the event of a block type that goes."""
    return _type_event("deleted", block_type)


def block_document_created(document: BlockDocument, schema: BlockSchema, block_type: BlockType) -> Event:
    """Build the event of a new document."""
    return _document_event("created", document, schema, block_type)


def block_document_updated(document: BlockDocument, schema: BlockSchema, block_type: BlockType) -> Event:
    """Build the event of a changed document."""
    return _document_event("updated", document, schema, block_type)


def block_document_deleted(document: BlockDocument, schema: BlockSchema, block_type: BlockType) -> Event:
    """Build the event of a document that goes."""
    return _document_event("deleted", document, schema, block_type)


def _type_event(action: str, block_type: BlockType) -> Event:
    payload = {field: getattr(block_type, field) for field in DESCRIBED}
    return named_object_event("block-type", action, block_type.id, block_type.name, payload)


def _document_event(
    action: str, document: BlockDocument, schema: BlockSchema, block_type: BlockType
) -> Event:
    related = [
        labels("block-type", block_type.id, block_type.name, "block-type"),
        labels("block-schema", schema.id, None, "block-schema"),
    ]
    described_type = {"id": str(block_type.id), "name": block_type.name}
    payload = {
        "name": document.name,
        "data": {},
        "block_schema": {"capabilities": schema.capabilities, "block_type": described_type},
    }
    return named_object_event("block-document", action, document.id, document.name, payload, related)
