"""Routes of block types and schemas (orchestration.md 4.7)."""

from typing import Any
from uuid import uuid4

import pytest

from tests.api.blocks import Kind, create_schema, create_type, fields, make_kind
from tests.api.driver import Api, problems


@pytest.fixture
async def kind(api: Api) -> Kind:
    return await make_kind(api)


async def test_a_type_is_found_by_id_and_slug(api: Api) -> None:
    created = await create_type(api)

    assert created["is_protected"] is False
    assert await api.get(f"block_types/{created['id']}") == created
    assert await api.get("block_types/slug/thing") == created


async def test_a_slug_is_taken_once(api: Api) -> None:
    await create_type(api)

    answer = await api.post("block_types/", {"name": "Other", "slug": "thing"}, expect=409)

    assert "thing" in answer["detail"]


@pytest.mark.parametrize("name", ["Prefect Cloud", "prefect"])
async def test_reserved_names_of_types_are_refused(api: Api, name: str) -> None:
    assert "reserved" in (await api.post("block_types/", {"name": name, "slug": "x"}, expect=403))["detail"]


@pytest.mark.parametrize(
    "bad", [{"name": "a/b", "slug": "x"}, {"name": "X", "slug": "A b"}, {"name": "X"}, {"slug": "x"}]
)
async def test_a_type_that_does_not_fit_is_refused(api: Api, bad: dict[str, Any]) -> None:
    assert problems(await api.post("block_types/", bad, expect=422))


async def test_a_type_is_changed_and_deleted(api: Api, kind: Kind) -> None:
    document = await kind.create()
    path = f"block_types/{kind.type['id']}"

    await api.patch(path, {"description": "new"})
    await api.patch(path, {"description": "new"})
    assert (await api.get(path))["description"] == "new"
    await api.delete(path)

    await api.get(path, expect=404)
    await api.get(f"block_documents/{document['id']}", expect=404)
    await api.get(f"block_schemas/{kind.schema['id']}", expect=404)
    assert await api.event_names("block-type") == [
        "block-type.created",
        "block-type.updated",
        "block-type.deleted",
    ]


async def test_types_that_clients_count_on_are_protected(api: Api) -> None:
    created = await create_type(api, "Secret", "secret")
    schema = await create_schema(api, created)

    assert created["is_protected"] is True
    assert "protected" in (await api.delete(f"block_types/{created['id']}", expect=403))["detail"]
    await api.delete(f"block_schemas/{schema['id']}", expect=403)


async def test_unknown_types_are_not_found(api: Api) -> None:
    unknown = {"detail": "Block type not found"}

    assert await api.get(f"block_types/{uuid4()}", expect=404) == unknown
    assert await api.get("block_types/slug/none", expect=404) == unknown
    assert await api.get("block_types/slug/none/block_documents", expect=404) == unknown
    await api.patch(f"block_types/{uuid4()}", {}, expect=404)
    await api.delete(f"block_types/{uuid4()}", expect=404)


async def test_types_are_listed(api: Api) -> None:
    other = await create_type(api, "Zebra", "zebra")
    await create_schema(api, other, capabilities=["write", "read"])
    await create_type(api, "ant", "ant")

    async def slugs(**body: Any) -> list[str]:
        return [one["slug"] for one in await api.post("block_types/filter", body)]

    assert sorted(await slugs()) == ["ant", "zebra"]
    assert await slugs(block_types={"name": {"like_": "zEB"}}) == ["zebra"]
    assert await slugs(block_types={"slug": {"any_": ["ant", "bee"]}}) == ["ant"]
    assert await slugs(block_schemas={"block_capabilities": {"all_": ["read", "write"]}}) == ["zebra"]
    assert await slugs(block_schemas={"block_capabilities": {"all_": ["fly"]}}) == []
    assert len(await slugs(limit=1)) == 1


async def test_a_schema_is_found_by_its_checksum(api: Api) -> None:
    block_type = await create_type(api)
    created = await create_schema(api, block_type)

    assert created["version"] == "non-versioned"
    assert created["block_type"] == block_type
    assert created["fields"] == fields()
    assert await api.get(f"block_schemas/{created['id']}") == created
    path = f"block_schemas/checksum/{created['checksum']}"
    assert await api.get(path) == created
    assert await api.get(f"{path}?version=non-versioned") == created
    assert await api.get(f"{path}?version=2", expect=404) == {"detail": "Block schema not found"}


async def test_the_same_schema_is_not_created_twice(api: Api) -> None:
    block_type = await create_type(api)
    first = await create_schema(api, block_type)
    body = {"fields": fields(), "block_type_id": block_type["id"]}

    again = await api.post("block_schemas/", body, expect=200)
    versioned = await api.post("block_schemas/", {**body, "version": "2"}, expect=201)

    assert again == first
    assert versioned["checksum"] == first["checksum"]
    newest = await api.get(f"block_schemas/checksum/{first['checksum']}")
    assert newest["id"] == versioned["id"]


async def test_a_schema_needs_its_type(api: Api) -> None:
    await api.post("block_schemas/", {"fields": {}, "block_type_id": str(uuid4())}, expect=404)
    await api.get(f"block_schemas/{uuid4()}", expect=404)
    await api.delete(f"block_schemas/{uuid4()}", expect=404)


async def test_schemas_and_capabilities_are_listed(api: Api) -> None:
    block_type = await create_type(api)
    first = await create_schema(api, block_type, capabilities=["read"])
    second = await create_schema(api, block_type, capabilities=["write", "read"], version="2")

    async def ids(schemas: Any = None) -> list[str]:
        return [one["id"] for one in await api.post("block_schemas/filter", {"block_schemas": schemas})]

    assert await ids() == [second["id"], first["id"]]
    assert await ids({"version": {"any_": ["2"]}}) == [second["id"]]
    assert await ids({"block_capabilities": {"all_": ["read"]}}) == [second["id"], first["id"]]
    assert await ids({"block_type_id": {"any_": [str(uuid4())]}}) == []
    assert await ids({"id": {"any_": [first["id"]]}}) == [first["id"]]
    assert await api.get("block_capabilities/") == ["read", "write"]
    await api.delete(f"block_schemas/{first['id']}")
    assert await ids() == [second["id"]]
