"""Routes of the default result storage (orchestration.md 4.12)."""

from fastapi import APIRouter, Response
from pydantic import TypeAdapter

from penstock.schemas.actions import ServerDefaultResultStorageUpdate
from penstock.schemas.core import ServerDefaultResultStorage
from penstock.server.api.dependencies import Database
from penstock.server.api.json_answers import json_answer, no_content
from penstock.server.api.json_requests import JsonRoute
from penstock.server.models import result_storage

router = APIRouter(prefix="/admin/storage", tags=["Server"], route_class=JsonRoute)

STORAGE = TypeAdapter(ServerDefaultResultStorage)


@router.get("", response_model=ServerDefaultResultStorage)
async def read_default_result_storage(db: Database) -> Response:
    """Read in which block clients keep results; null: where they run."""
    async with db.session_context() as session:
        block_id = await result_storage.read_default_result_storage(session=session)
    return json_answer(STORAGE, ServerDefaultResultStorage(default_result_storage_block_id=block_id))


@router.put("", response_model=ServerDefaultResultStorage)
async def set_default_result_storage(storage: ServerDefaultResultStorageUpdate, db: Database) -> Response:
    """Choose the block in which clients keep results."""
    block_id = storage.default_result_storage_block_id
    async with db.session_context(begin_transaction=True) as session:
        await result_storage.set_default_result_storage(session=session, block_document_id=block_id)
    return json_answer(STORAGE, ServerDefaultResultStorage(default_result_storage_block_id=block_id))


@router.delete("", status_code=204)
async def clear_default_result_storage(db: Database) -> Response:
    """Let clients keep results where they run."""
    async with db.session_context(begin_transaction=True) as session:
        await result_storage.clear_default_result_storage(session=session)
    return no_content()
