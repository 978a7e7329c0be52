"""The part of a base job template that needs the database: its defaults (workers.md 2.1)."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from penstock.schemas.job_templates import (
    BlockNotFoundError,
    check_variable_defaults,
    find_block_references,
    replace_block_references,
)
from penstock.server.api.errors import not_found
from penstock.server.models import block_documents


async def check_template_defaults(session: AsyncSession, template: dict[str, Any] | None) -> None:
    """Check every default of the template's variables against the schema they form.

    Raises:
        InvalidInputError: the schema is not valid, or a default does not fit it.
    """
    if template:
        check_variable_defaults(await with_block_data(session, template))


async def with_block_data(session: AsyncSession, template: dict[str, Any]) -> dict[str, Any]:
    """Return the template with each default that refers to a block document replaced by its data.

    A missing document is answered 404.
    """
    try:
        documents = {}
        for block_document_id in find_block_references(template).values():
            data = await block_documents.read_block_data(session=session, block_document_id=block_document_id)
            if data is not None:
                documents[block_document_id] = data
        return replace_block_references(template, documents)
    except BlockNotFoundError as error:
        not_found(str(error))
