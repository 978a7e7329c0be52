"""Small routes that clients ask in passing (orchestration.md 4.12)."""

import asyncio
import os
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from penstock import __version__
from penstock.server.app import create_app
from penstock.server.models import block_documents
from penstock.settings import ServerSettings
from tests.api.driver import Api, problems
from tests.support.server import BASE_URL, running

NONE = {"default_result_storage_block_id": None}


async def store_block(api: Api) -> str:
    async with api.db.session_context(begin_transaction=True) as session:
        document = await block_documents.create_block_document(session=session, data={"a": 1})
    return str(document.id)


async def test_the_default_result_storage_is_kept(api: Api) -> None:
    block_id = await store_block(api)
    chosen = {"default_result_storage_block_id": block_id}

    assert await api.get("admin/storage") == NONE
    answer = await api.send("PUT", "admin/storage", chosen, expect=200)
    assert answer.json() == chosen
    assert await api.get("admin/storage") == chosen
    await api.delete("admin/storage")
    assert await api.get("admin/storage") == NONE
    await api.delete("admin/storage")


async def test_a_default_result_storage_that_was_deleted_is_none(api: Api) -> None:
    block_id = await store_block(api)
    await api.send("PUT", "admin/storage", {"default_result_storage_block_id": block_id}, expect=200)
    async with api.db.session_context(begin_transaction=True) as session:
        await session.delete(await session.get(api.db.BlockDocument, UUID(block_id)))

    assert await api.get("admin/storage") == NONE


@pytest.mark.parametrize(("body", "status"), [({}, 422), (NONE, 422), ({"colour": "red"}, 422)])
async def test_a_default_result_storage_must_be_named(api: Api, body: Any, status: int) -> None:
    await api.send("PUT", "admin/storage", body, expect=status)
    unknown = {"default_result_storage_block_id": str(uuid4())}
    await api.send("PUT", "admin/storage", unknown, expect=404)


async def test_settings_show_no_password(api: Api) -> None:
    shown = await api.get("admin/settings")

    assert shown["api_default_limit"] == 200
    assert shown["database_url"] == api.db.display_url


async def test_there_are_no_automations(api: Api) -> None:
    assert await api.post("automations/filter", {"automations": None, "sort": None, "limit": None}) == []
    assert await api.post("automations/count") == 0
    assert await api.get("automations/related-to/prefect.deployment.x") == []
    assert await api.delete("automations/owned-by/prefect.deployment.x", expect=202) is None
    await api.get(f"automations/{uuid4()}", expect=404)
    await api.delete(f"automations/{uuid4()}", expect=404)
    assert "no automations" in (await api.post("automations/", {"name": "a"}, expect=422))["detail"]


async def test_searches_are_saved_under_a_name(api: Api) -> None:
    one = {"object": "flow", "property": "name", "type": "text", "operation": "equals", "value": [1]}

    saved = (await api.send("PUT", "saved_searches/", {"name": "mine", "filters": [one]}, expect=201)).json()
    assert saved["filters"] == [one]
    again = (await api.send("PUT", "saved_searches/", {"name": "mine"}, expect=200)).json()
    assert (again["id"], again["filters"]) == (saved["id"], [])
    assert await api.post("saved_searches/filter", {}) == [again]
    assert await api.get(f"saved_searches/{saved['id']}") == again
    await api.delete(f"saved_searches/{saved['id']}")
    assert await api.get(f"saved_searches/{saved['id']}", expect=404) == {"detail": "Saved search not found"}
    await api.delete(f"saved_searches/{saved['id']}", expect=404)
    assert problems((await api.send("PUT", "saved_searches/", {"filters": []}, expect=422)).json())


async def test_the_process_worker_has_a_template(api: Api) -> None:
    view = await api.get("collections/views/aggregate-worker-metadata")

    [process] = [types["process"] for types in view.values() if "process" in types]
    await api.create_pool(base_job_template=process["default_base_job_configuration"])
    await api.get("collections/views/other", expect=404)


async def test_a_server_tells_what_it_is_made_of(api: Api) -> None:
    status = await api.get("admin/server")

    assert status["version"] == __version__
    assert status["database_kind"] == api.db.dialect.name
    assert status["database_version"][0].isdigit()
    assert status["process_id"] == os.getpid()
    names = [service["name"] for service in status["services"]]
    assert names == sorted(names)
    assert {"Scheduler", "LateRuns", "ExpiredAttempts"} <= set(names)


async def test_the_last_pass_of_each_loop_is_told(database_url: str) -> None:
    settings = ServerSettings(database_url=database_url, late_runs_enabled=False, scheduler_loop_seconds=0.01)
    transport = httpx.ASGITransport(app=(app := create_app(settings)))
    async with running(app), httpx.AsyncClient(transport=transport, base_url=BASE_URL) as client:
        async with asyncio.timeout(10):
            while (scheduler := await read_service(client, "Scheduler"))["last_started_at"] is None:
                await asyncio.sleep(0.01)
        assert (scheduler["is_enabled"], scheduler["last_error"]) == (True, None)
        assert scheduler["last_seconds"] >= 0
        late_runs = await read_service(client, "LateRuns")
        assert (late_runs["is_enabled"], late_runs["last_started_at"]) == (False, None)


async def read_service(client: httpx.AsyncClient, name: str) -> dict[str, Any]:
    services = (await client.get("admin/server")).json()["services"]
    found: dict[str, Any] = next(service for service in services if service["name"] == name)
    return found
