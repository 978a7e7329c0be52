"""Block types, schemas and documents to test with."""

from typing import Any

from tests.api.driver import Api

MASK = "********"


def fields(slug: str = "thing", **changes: Any) -> dict[str, Any]:
    """Return the fields of a schema as clients describe them."""
    return {
        "block_schema_references": {},
        "block_type_slug": slug,
        "properties": {"a": {"type": "integer"}, "password": {"type": "string", "writeOnly": True}},
        "required": ["password"],
        "secret_fields": ["password", "nested.*", "many.token"],
        "title": "Thing",
        "type": "object",
        **changes,
    }


async def create_type(api: Api, name: str = "Thing", slug: str = "thing") -> dict[str, Any]:
    created: dict[str, Any] = await api.post("block_types/", {"name": name, "slug": slug}, expect=201)
    return created


async def create_schema(api: Api, block_type: dict[str, Any], **given: Any) -> dict[str, Any]:
    body = {"fields": fields(block_type["slug"]), "block_type_id": block_type["id"], **given}
    created: dict[str, Any] = await api.post("block_schemas/", body, expect=201)
    return created


class Kind:
    """A block type with a schema, and documents of it."""

    def __init__(self, api: Api, block_type: dict[str, Any], schema: dict[str, Any]) -> None:
        self.api, self.type, self.schema = api, block_type, schema

    def body(self, name: str | None, data: Any = None, **given: Any) -> dict[str, Any]:
        ids = {"block_type_id": self.type["id"], "block_schema_id": self.schema["id"]}
        return {"name": name, "data": data or {}, **ids, **given}

    async def create(self, name: str | None = "one", data: Any = None, **given: Any) -> dict[str, Any]:
        created: dict[str, Any] = await self.api.post(
            "block_documents/", self.body(name, data, **given), expect=201
        )
        return created

    async def data(self, document: dict[str, Any], *, secrets: bool = True) -> Any:
        path = f"block_documents/{document['id']}?include_secrets={str(secrets).lower()}"
        return (await self.api.get(path))["data"]


async def make_kind(api: Api) -> Kind:
    """Create a type with a schema."""
    block_type = await create_type(api)
    return Kind(api, block_type, await create_schema(api, block_type))


def reference(document: dict[str, Any]) -> dict[str, Any]:
    """Return a value that stands for a document."""
    return {"$ref": {"block_document_id": document["id"]}}
