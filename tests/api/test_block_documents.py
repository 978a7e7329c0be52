"""Routes of block documents (orchestration.md 4.7)."""

from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa

from penstock.server.database.orm_models import BlockDocument, Configuration
from tests.api.blocks import MASK, Kind, create_schema, create_type, make_kind, reference
from tests.api.driver import Api, problems

SECRET_DATA = {
    "a": 1,
    "password": "hush",
    "nested": {"x": "y", "deep": {"z": 5}, "none": None},
    "many": [{"token": "t1", "n": 1}, {"token": "t2", "n": 2}],
}


@pytest.fixture
async def kind(api: Api) -> Kind:
    return await make_kind(api)


async def test_secrets_are_shown_only_when_asked_for(kind: Kind, api: Api) -> None:
    created = await kind.create(data=SECRET_DATA)

    hidden = {
        "a": 1,
        "password": MASK,
        "nested": {"x": MASK, "deep": {"z": MASK}, "none": None},
        "many": [{"token": MASK, "n": 1}, {"token": MASK, "n": 2}],
    }
    assert created["data"] == hidden
    assert await kind.data(created, secrets=False) == hidden
    assert await kind.data(created) == SECRET_DATA
    by_name = "block_types/slug/thing/block_documents/name/one"
    assert (await api.get(by_name))["data"] == hidden
    assert (await api.get(f"{by_name}?include_secrets=true"))["data"] == SECRET_DATA
    [listed] = await api.post("block_documents/filter", {"include_secrets": True})
    assert listed["data"] == SECRET_DATA
    [of_type] = await api.get("block_types/slug/thing/block_documents?include_secrets=true")
    assert of_type["data"] == SECRET_DATA
    assert created["block_schema"]["checksum"] == kind.schema["checksum"]
    assert created["block_type"] == kind.type
    assert created["block_type_name"] == "Thing"


async def test_data_is_encrypted_at_rest(kind: Kind, api: Api) -> None:
    created = await kind.create(data=SECRET_DATA)

    row = await api.row(BlockDocument, created["id"])

    assert isinstance(row.data, str)
    assert "hush" not in row.data


async def test_without_the_key_a_secret_is_a_conflict(kind: Kind, api: Api) -> None:
    created = await kind.create(data=SECRET_DATA)
    async with api.db.session_context(begin_transaction=True) as session:
        await session.execute(sa.delete(Configuration))

    answer = await api.get(f"block_documents/{created['id']}", expect=409)

    assert "encryption key" in answer["detail"]


async def test_plain_documents_of_before_are_read(kind: Kind, api: Api) -> None:
    created = await kind.create(data={"a": 1})
    await api.change(BlockDocument, created["id"], data={"a": 2})

    assert await kind.data(created) == {"a": 2}


async def test_a_document_refers_to_others(kind: Kind) -> None:
    inner = await kind.create("inner", {"a": 1, "password": "hush"})
    middle = await kind.create("middle", {"a": 2, "to": reference(inner)})
    outer = await kind.create("outer", {"a": 3, "to": reference(middle), "odd": {"$ref": "x"}})

    expanded = {"a": 2, "to": {"a": 1, "password": "hush"}}
    assert await kind.data(outer) == {"a": 3, "to": expanded, "odd": {"$ref": "x"}}
    assert outer["data"]["to"]["to"]["password"] == MASK
    seen = outer["block_document_references"]["to"]["block_document"]
    assert (seen["id"], seen["name"], seen["is_anonymous"]) == (middle["id"], "middle", False)
    assert seen["block_type"]["slug"] == "thing"
    assert seen["block_document_references"]["to"]["block_document"]["id"] == inner["id"]


async def test_deleting_a_document_takes_it_out_of_others(kind: Kind, api: Api) -> None:
    inner = await kind.create("inner")
    outer = await kind.create("outer", {"a": 3, "to": reference(inner)})

    await api.delete(f"block_documents/{inner['id']}")

    assert await kind.data(outer) == {"a": 3}


async def test_a_reference_must_lead_somewhere(kind: Kind, api: Api) -> None:
    for wrong in (str(uuid4()), "no id", None):
        body = kind.body("one", {"to": {"$ref": {"block_document_id": wrong}}})
        assert "data.to" in (await api.post("block_documents/", body, expect=422))["detail"]
    assert await api.post("block_documents/count", {}) == 0


async def test_documents_may_not_refer_in_a_circle(kind: Kind, api: Api) -> None:
    inner = await kind.create("inner")
    outer = await kind.create("outer", {"to": reference(inner)})

    for target in (inner, outer):
        answer = await api.patch(
            f"block_documents/{inner['id']}", {"data": {"to": reference(target)}}, expect=422
        )
        assert "itself" in answer["detail"]


async def test_an_update_merges_unless_told_otherwise(kind: Kind, api: Api) -> None:
    inner = await kind.create("inner")
    document = await kind.create("outer", {"a": 1, "to": reference(inner), "list": [1]})
    path = f"block_documents/{document['id']}"

    await api.patch(path, {"data": {"a": 2}})
    assert await kind.data(document) == {"a": 2, "list": [1], "to": {}}
    await api.patch(path, {"data": {"to": "plain", "list": reference(inner)}})
    assert await kind.data(document) == {"a": 2, "to": "plain", "list": {}}
    await api.patch(path, {"data": {"b": 3}, "merge_existing_data": False})
    assert await kind.data(document) == {"b": 3}
    assert (await api.get(path))["block_document_references"] == {}


async def test_a_mask_sent_back_keeps_the_secret(kind: Kind, api: Api) -> None:
    document = await kind.create(data=SECRET_DATA)
    path = f"block_documents/{document['id']}"

    await api.patch(path, {"data": document["data"] | {"a": 2}, "merge_existing_data": False})
    assert await kind.data(document) == SECRET_DATA | {"a": 2}
    await api.patch(path, {"data": {"password": "***", "many": [{"token": MASK}, {"token": "new"}]}})

    changed = await kind.data(document)
    assert changed["password"] == "***"
    assert changed["many"] == [{"token": "t1"}, {"token": "new"}]


async def test_an_update_may_name_another_schema_of_the_type(kind: Kind, api: Api) -> None:
    document = await kind.create()
    newer = await create_schema(api, kind.type, version="2")
    other = await create_schema(api, await create_type(api, "Other", "other"))
    path = f"block_documents/{document['id']}"

    await api.patch(path, {"block_schema_id": newer["id"]})
    assert (await api.get(path))["block_schema_id"] == newer["id"]
    for wrong in (other["id"], str(uuid4())):
        assert "block_schema_id" in (await api.patch(path, {"block_schema_id": wrong}, expect=422))["detail"]


async def test_a_name_is_taken_once_in_a_type(kind: Kind, api: Api) -> None:
    await kind.create()
    other = await create_type(api, "Other", "other")
    await Kind(api, other, await create_schema(api, other)).create()

    answer = await api.post("block_documents/", kind.body("one"), expect=409)

    assert "one" in answer["detail"]


@pytest.mark.parametrize(
    "changes",
    [
        {"name": None},
        {"name": "a/b"},
        {"block_type_id": str(uuid4())},
        {"block_schema_id": str(uuid4())},
        {"data": None},
        {"colour": "red"},
    ],
)
async def test_a_document_that_does_not_fit_is_refused(kind: Kind, api: Api, changes: dict[str, Any]) -> None:
    assert problems(await api.post("block_documents/", kind.body("one") | changes, expect=422))


async def test_anonymous_documents_are_listed_only_when_asked_for(kind: Kind, api: Api) -> None:
    named = await kind.create("named")
    anonymous = await kind.create(None, is_anonymous=True)

    async def names(documents: Any = None, **body: Any) -> list[str]:
        given = {"block_documents": documents, **body}
        found = await api.post("block_documents/filter", given)
        assert await api.post("block_documents/count", given) == len(found)
        return [one["name"] for one in found]

    assert anonymous["name"].startswith("anonymous-")
    assert await names() == ["named"]
    assert await names({}) == ["named"]
    assert sorted(await names({"is_anonymous": None})) == sorted(["named", anonymous["name"]])
    assert await names({"is_anonymous": {"eq_": True}}) == [anonymous["name"]]
    assert await names({"name": {"like_": "NAM"}}) == ["named"]
    assert await names({"id": {"any_": [anonymous["id"]]}}) == []
    assert await names(None, block_types={"slug": {"any_": ["thing"]}}) == ["named"]
    assert await names(None, block_schemas={"version": {"any_": ["9"]}}) == []
    assert named["is_anonymous"] is False


async def test_documents_are_ordered(kind: Kind, api: Api) -> None:
    other_type = await create_type(api, "Another", "another")
    other = Kind(api, other_type, await create_schema(api, other_type))
    for owner, name in ((kind, "b"), (kind, "a"), (other, "c")):
        await owner.create(name)

    async def names(**body: Any) -> list[str]:
        return [one["name"] for one in await api.post("block_documents/filter", body)]

    assert await names() == ["a", "b", "c"]
    assert await names(sort="NAME_DESC", limit=2) == ["c", "b"]
    assert await names(sort="BLOCK_TYPE_AND_NAME_ASC", offset=0) == ["c", "a", "b"]


async def test_unknown_documents_are_not_found(api: Api, kind: Kind) -> None:
    unknown = {"detail": "Block document not found"}
    path = f"block_documents/{uuid4()}"

    assert await api.get(path, expect=404) == unknown
    assert await api.get("block_types/slug/thing/block_documents/name/none", expect=404) == unknown
    assert await api.patch(path, {"data": {}}, expect=404) == unknown
    assert await api.delete(path, expect=404) == unknown


async def test_events_of_documents_carry_no_data(kind: Kind, api: Api) -> None:
    document = await kind.create(data=SECRET_DATA)
    await api.patch(f"block_documents/{document['id']}", {"data": {"a": 2}})
    await api.delete(f"block_documents/{document['id']}")

    events = await api.events("block-document")

    assert [one.event.rsplit(".", 1)[1] for one in events] == ["created", "updated", "deleted"]
    assert {str(one.payload["data"]) for one in events} == {"{}"}
    assert [one["prefect.resource.role"] for one in events[0].related] == ["block-type", "block-schema"]


async def test_a_document_shows_so_many_others_and_no_more(kind: Kind, api: Api) -> None:
    document = await kind.create("0", {"a": 0})
    for level in range(1, 9):
        document = await kind.create(str(level), {"l": reference(document), "r": reference(document)})
    assert len(str(await kind.data(document))) > 1000

    wide = {str(number): reference(document) for number in range(9)}
    answer = await api.post("block_documents/", kind.body("wide", wide), expect=409)

    assert "too many" in answer["detail"]


async def test_a_chain_of_documents_ends_somewhere(kind: Kind, api: Api) -> None:
    document = await kind.create("0")
    for level in range(1, 50):
        document = await kind.create(str(level), {"next": reference(document)})

    answer = await api.post("block_documents/", kind.body("50", {"next": reference(document)}), expect=409)

    assert "too many levels" in answer["detail"]
