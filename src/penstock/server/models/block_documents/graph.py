"""Documents together with all the documents they refer to."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from penstock.core.errors import ConflictError
from penstock.schemas.core import BlockType
from penstock.server.database import orm_models
from penstock.server.models.block_documents.secrets import hide_secrets
from penstock.server.models.encryption import Decrypter, load_decrypter

MOST_LEVELS = 50
MOST_EXPANSIONS = 1000
TOO_MANY = "The block document refers to too many others, or through too many levels."
"""A document that refers to the same others again and again could be shown in endless ways."""


@dataclass(frozen=True, slots=True)
class StoredBlock:
    """A document's rows and its decrypted data; one that was never given a type has neither."""

    document: orm_models.BlockDocument
    schema: orm_models.BlockSchema | None
    block_type: orm_models.BlockType | None
    data: dict[str, Any]

    @property
    def secret_fields(self) -> list[str]:
        """The paths to secret values; without a schema everything is secret."""
        if self.schema is None:
            return ["*"]
        named = self.schema.fields.get("secret_fields")
        return [str(path) for path in named] if isinstance(named, list) else []


@dataclass(slots=True)
class BlockGraph:
    """Blocks by id, and for each the blocks that its fields stand for."""

    blocks: dict[UUID, StoredBlock] = field(default_factory=dict)
    references: dict[UUID, dict[str, UUID]] = field(default_factory=dict)
    _expansions: int = 0

    def data_of(
        self, document_id: UUID, *, include_secrets: bool, path: tuple[UUID, ...] = ()
    ) -> dict[str, Any]:
        """Return a document's data with the data of others in the fields that stand for them."""
        block = self.blocks[document_id]
        data = dict(block.data)
        for name, target in self._followed(document_id, path).items():
            data[name] = self.data_of(target, include_secrets=include_secrets, path=(*path, document_id))
        return data if include_secrets else hide_secrets(data, block.secret_fields)

    def references_of(self, document_id: UUID, path: tuple[UUID, ...] = ()) -> dict[str, dict[str, Any]]:
        """Return who the documents are that the fields stand for, as answers describe them."""
        found = {}
        for name, target in self._followed(document_id, path).items():
            block = self.blocks[target]
            block_type = block.block_type and BlockType.model_validate(block.block_type)
            found[name] = {
                "block_document": {
                    "id": target,
                    "name": block.document.name,
                    "block_type": block_type,
                    "is_anonymous": block.document.is_anonymous,
                    "block_document_references": self.references_of(target, (*path, document_id)),
                }
            }
        return found

    def _followed(self, document_id: UUID, path: tuple[UUID, ...]) -> Mapping[str, UUID]:
        self._expansions = self._expansions + 1 if path else 0
        if self._expansions > MOST_EXPANSIONS:
            raise ConflictError(TOO_MANY)
        return {
            name: target
            for name, target in self.references.get(document_id, {}).items()
            if target in self.blocks and target != document_id and target not in path
        }


async def load_graph(session: AsyncSession, document_ids: Iterable[UUID]) -> BlockGraph:
    """Read documents and all they refer to, one level at a time; unknown ids are left out.

    Raises:
        ConflictError: they refer to others through more levels than anybody needs.
    """
    graph = BlockGraph()
    decrypter = await load_decrypter(session)
    wanted = set(document_ids)
    levels = 0
    while wanted:
        levels += 1
        if levels > MOST_LEVELS:
            raise ConflictError(TOO_MANY)
        blocks = await _read_blocks(session, wanted, decrypter)
        references = await _read_references(session, blocks)
        graph.blocks |= blocks
        graph.references |= references
        wanted = {target for named in references.values() for target in named.values()}
        wanted -= graph.blocks.keys()
    return graph


async def _read_blocks(
    session: AsyncSession, document_ids: set[UUID], decrypter: Decrypter
) -> dict[UUID, StoredBlock]:
    document, schema = orm_models.BlockDocument, orm_models.BlockSchema
    block_type = orm_models.BlockType
    rows = await session.execute(
        sa.select(document, schema, block_type)
        .join(schema, schema.id == document.block_schema_id, isouter=True)
        .join(block_type, block_type.id == document.block_type_id, isouter=True)
        .where(document.id.in_(document_ids))
    )
    return {
        row[0].id: StoredBlock(row[0], row[1], row[2], _plain(row[0].data, decrypter)) for row in rows.all()
    }


def _plain(stored: Any, decrypter: Decrypter) -> dict[str, Any]:
    data: dict[str, Any] = stored if isinstance(stored, dict) else decrypter.decrypt(stored)
    return data


async def _read_references(session: AsyncSession, parent_ids: Iterable[UUID]) -> dict[UUID, dict[str, UUID]]:
    reference = orm_models.BlockDocumentReference
    rows = await session.execute(
        sa.select(reference.parent_id, reference.name, reference.referenced_id)
        .where(reference.parent_id.in_(list(parent_ids)))
        .order_by(reference.name)
    )
    found: dict[UUID, dict[str, UUID]] = {}
    for parent_id, name, referenced_id in rows.all():
        found.setdefault(parent_id, {})[name] = referenced_id
    return found
