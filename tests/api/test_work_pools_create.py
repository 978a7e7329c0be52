"""Creating work pools (workers.md 3.1, 4.1)."""

from typing import Any
from uuid import uuid4

import pytest

from penstock.server.models import block_documents
from tests.api.driver import Api, problems, template

conformance = pytest.mark.conformance

EMPTY_STORAGE = {
    "bundle_upload_step": None,
    "bundle_execution_step": None,
    "default_result_storage_block_id": None,
}


@conformance(1, 3)
async def test_a_pool_of_name_and_type_has_the_defaults(api: Api) -> None:
    pool = await api.create_pool("pool", "process")

    assert pool | {"id": 0, "created": 0, "updated": 0, "default_queue_id": 0} == {
        "id": 0,
        "created": 0,
        "updated": 0,
        "default_queue_id": 0,
        "name": "pool",
        "description": None,
        "type": "process",
        "base_job_template": {},
        "is_paused": False,
        "concurrency_limit": None,
        "status": "NOT_READY",
        "storage_configuration": EMPTY_STORAGE,
        "active_slots": None,
    }
    assert pool["default_queue_id"] is not None
    assert pool["created"].endswith("Z")
    assert await api.read_pool() == pool


@conformance(2)
async def test_without_a_type_it_is_an_agents_pool_that_shows_no_status(api: Api) -> None:
    pool = await api.post("work_pools/", {"name": "pool"}, expect=201)

    assert (pool["type"], pool["status"]) == ("prefect-agent", None)


@conformance(4)
async def test_a_pool_created_paused_is_paused(api: Api) -> None:
    pool = await api.create_pool(is_paused=True)

    assert (pool["is_paused"], pool["status"]) == (True, "PAUSED")
    assert (await api.event_names("work-pool"))[-1] == "work-pool.paused"


@conformance(5, 12)
@pytest.mark.parametrize(("limit", "active_slots"), [(5, 0), (0, 0), (None, None)])
async def test_active_slots_are_told_only_with_a_limit(api: Api, limit: Any, active_slots: Any) -> None:
    pool = await api.create_pool(concurrency_limit=limit)

    assert (pool["concurrency_limit"], pool["active_slots"]) == (limit, active_slots)


@conformance(6)
async def test_a_new_pool_has_exactly_its_default_queue(api: Api) -> None:
    pool = await api.create_pool()

    [queue] = await api.post("work_pools/pool/queues/filter")

    assert queue["id"] == pool["default_queue_id"]
    assert (queue["name"], queue["priority"], queue["work_pool_name"]) == ("default", 1, "pool")


@conformance(7)
async def test_a_name_is_taken_once(api: Api) -> None:
    first = await api.create_pool(description="first")

    answer = await api.post("work_pools/", {"name": "pool", "type": "process"}, expect=409)

    assert "already exists" in answer["detail"]
    assert await api.read_pool() == first


@conformance(8)
async def test_names_differ_by_case(api: Api) -> None:
    await api.create_pool("pool")
    await api.create_pool("Pool")

    assert await api.post("work_pools/count") == 2


@conformance(9)
@pytest.mark.parametrize("character", "/%&<>")
async def test_a_banned_character_in_a_name_is_refused(api: Api, character: str) -> None:
    answer = await api.post("work_pools/", {"name": f"a{character}b", "type": "process"}, expect=422)

    assert "string_pattern_mismatch" in problems(answer)


@conformance(10)
@pytest.mark.parametrize("name", ["", " ", "''", "' '", '"'])
async def test_an_empty_name_is_refused(api: Api, name: str) -> None:
    answer = await api.post("work_pools/", {"name": name, "type": "process"}, expect=422)

    assert "empty" in problems(answer)


@conformance(11)
@pytest.mark.parametrize("name", ["Prefect x", "prefect-pool", "prefectural", "PREFECT"])
async def test_reserved_names_are_forbidden(api: Api, name: str) -> None:
    answer = await api.post("work_pools/", {"name": name, "type": "process"}, expect=403)

    assert "reserved" in answer["detail"]
    assert await api.post("work_pools/count") == 0


@conformance(11)
async def test_a_reserved_name_with_a_banned_character_is_invalid_first(api: Api) -> None:
    await api.post("work_pools/", {"name": "prefect/x", "type": "process"}, expect=422)


@conformance(12, 13)
@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"concurrency_limit": -1}, "concurrency_limit"),
        ({"concurrency_limit": 2**40}, "concurrency_limit"),
        ({"colour": "blue"}, "colour"),
        ({"status": "READY"}, "status"),
        ({"storage_configuration": {"bucket": "b"}}, "bucket"),
        ({"is_paused": None}, "is_paused"),
    ],
)
async def test_bad_fields_are_refused_by_name(api: Api, fields: dict[str, Any], named: str) -> None:
    answer = await api.post("work_pools/", {"name": "pool", "type": "process", **fields}, expect=422)

    assert named in problems(answer)
    assert answer["exception_message"] == "Invalid request received."
    assert answer["request_body"]["name"] == "pool"


@conformance(14)
async def test_a_storage_configuration_is_kept(api: Api) -> None:
    storage = {
        "bundle_upload_step": {"step.upload": {"bucket": "b"}},
        "bundle_execution_step": {"step.execute": {"bucket": "b"}},
        "default_result_storage_block_id": str(uuid4()),
    }

    pool = await api.create_pool(storage_configuration=storage)

    assert pool["storage_configuration"] == storage
    assert (await api.read_pool())["storage_configuration"] == storage


@conformance(15, 16, 17, 19)
@pytest.mark.parametrize(
    ("bad", "named"),
    [
        ({"nothing": 1}, "job_configuration"),
        ({"job_configuration": {"command": "x"}}, "variables"),
        ({"variables": {"properties": {}}}, "job_configuration"),
        ({"job_configuration": {"command": "x"}, "variables": {}}, "variables"),
        ({"job_configuration": {}, "variables": {"properties": {}}}, "job_configuration"),
        (template(configuration={"command": "{{ absent }}"}), "absent"),
        (template(configuration={"env": {"deep": ["{{ absent }}"]}}), "absent"),
        (template(configuration={"list": [{"deep": "a {{absent}} b"}]}), "absent"),
        (template(configuration={"command": "{{ $HOME }}"}), "$HOME"),
        (template(configuration={"command": "{{ prefect.variables.z }}"}), "prefect.variables.z"),
    ],
)
async def test_a_template_must_hold_together(api: Api, bad: dict[str, Any], named: str) -> None:
    answer = await api.post(
        "work_pools/", {"name": "pool", "type": "process", "base_job_template": bad}, expect=422
    )

    assert named in problems(answer)
    assert await api.post("work_pools/count") == 0


@conformance(18, 24)
@pytest.mark.parametrize(
    "good",
    [
        template(unused={"type": "integer"}),
        template(
            variables={
                "type": "object",
                "properties": {"command": {"type": "string"}},
                "required": ["command"],
            }
        ),
        template(nullable={"type": "string", "default": None}),
    ],
    ids=["unused variable", "required without default", "null default"],
)
async def test_these_templates_are_fine(api: Api, good: dict[str, Any]) -> None:
    pool = await api.create_pool(base_job_template=good)

    assert pool["base_job_template"] == good


@conformance(20)
async def test_a_default_of_the_wrong_type_is_refused(api: Api) -> None:
    bad = template(count={"type": "integer", "default": "many"})

    answer = await api.post("work_pools/", {"name": "pool", "base_job_template": bad}, expect=422)

    assert answer["detail"].startswith("Validation failed for work pool's job variable defaults")
    assert answer["faults"][0]["path"] == ["variables", "properties", "count", "default"]
    assert "count" in answer["detail"]


@conformance(21)
@pytest.mark.parametrize(
    "count",
    [{"type": "whole"}, {"type": 3}, {"pattern": "("}, {"$ref": "#/definitions/absent", "default": 1}],
)
async def test_variables_must_be_a_json_schema(api: Api, count: dict[str, Any]) -> None:
    bad = template(count=count)

    answer = await api.post("work_pools/", {"name": "pool", "base_job_template": bad}, expect=422)

    assert "schema" in problems(answer).lower() or "pattern" in problems(answer).lower()


@conformance(22)
@pytest.mark.parametrize("block_document_id", ["not-an-id", "7f0c5f2e-6f0b-4e44-9b7a-0c9d5b6a3d11"])
async def test_a_default_that_refers_to_a_missing_block_is_not_found(
    api: Api, block_document_id: str
) -> None:
    bad = template(count={"type": "integer", "default": {"$ref": {"block_document_id": block_document_id}}})

    answer = await api.post("work_pools/", {"name": "pool", "base_job_template": bad}, expect=404)

    assert answer == {"detail": "Block not found."}


@conformance(23)
@pytest.mark.parametrize(("data", "status"), [({"a": 1}, 201), ({"a": "one"}, 422)])
async def test_a_block_stands_for_its_data(api: Api, data: dict[str, Any], status: int) -> None:
    async with api.db.session_context(begin_transaction=True) as session:
        document = await block_documents.create_block_document(session=session, data=data)
    reference = {"$ref": {"block_document_id": str(document.id)}}
    schema = {"type": "object", "properties": {"a": {"type": "integer"}}, "default": reference}
    good = template(settings=schema)

    answer = await api.post("work_pools/", {"name": "pool", "base_job_template": good}, expect=status)

    if status == 201:
        assert answer["base_job_template"] == good


@conformance(25)
@pytest.mark.parametrize(
    ("user_agent", "is_hidden"),
    [
        ("prefect/3.3.7 (API 0.8.4)", True),
        ("prefect/2.20.1 (API 0.8.4)", True),
        ("prefect/3.3.8 (API 0.8.4)", False),
        ("prefect/3.10.0 (API 0.8.4)", False),
        ("python-httpx/0.28", False),
        ("prefect/unknown", False),
    ],
)
async def test_old_clients_do_not_see_result_storage(api: Api, user_agent: str, is_hidden: bool) -> None:
    created = await api.post(
        "work_pools/", {"name": "pool", "type": "process"}, expect=201, user_agent=user_agent
    )
    read = await api.get("work_pools/pool", user_agent=user_agent)
    [listed] = await api.post("work_pools/filter", user_agent=user_agent)

    for answer in (created, read, listed):
        assert ("default_result_storage_block_id" not in answer["storage_configuration"]) == is_hidden
        assert "bundle_upload_step" in answer["storage_configuration"]


@conformance(26)
async def test_creating_tells_of_the_queue_then_the_pool_then_the_status(api: Api) -> None:
    pool = await api.create_pool()

    assert await api.event_names() == ["work-queue.created", "work-pool.created", "work-pool.not-ready"]
    _, created, status = await api.events()
    assert created.resource == {
        "prefect.resource.id": f"prefect.work-pool.{pool['id']}",
        "prefect.resource.name": "pool",
        "prefect.resource.role": "work-pool",
        "prefect.work-pool.type": "process",
    }
    assert created.related == [
        {
            "prefect.resource.id": f"prefect.work-queue.{pool['default_queue_id']}",
            "prefect.resource.role": "default-queue",
        }
    ]
    assert "prefect.resource.role" not in status.resource
    assert status.follows is None


@conformance(27)
async def test_the_created_event_names_the_result_storage(api: Api) -> None:
    block_id = str(uuid4())
    await api.create_pool(storage_configuration={"default_result_storage_block_id": block_id})

    [created] = [one for one in await api.events() if one.event == "prefect.work-pool.created"]

    assert created.related[1] == {
        "prefect.resource.id": f"prefect.block-document.{block_id}",
        "prefect.resource.role": "result-storage",
    }


@conformance(215)
async def test_a_refused_creation_leaves_no_event(api: Api) -> None:
    await api.create_pool()
    before = await api.event_names()

    await api.post("work_pools/", {"name": "pool", "type": "process"}, expect=409)

    assert await api.event_names() == before
