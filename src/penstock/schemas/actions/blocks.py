"""Making and changing block types, schemas and documents."""

from typing import Annotated, Self
from uuid import UUID

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from penstock.schemas.foundations import ActionModel, UpdateModel
from penstock.schemas.names import Name
from penstock.schemas.values import JsonObject, KeyText, Text, refuse_long_key

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]+$"), AfterValidator(refuse_long_key)]
"""Lower-case letters, digits and dashes: slugs stand in URLs."""

NON_VERSIONED = "non-versioned"


class BlockTypeCreate(ActionModel):
    """A new kind of block."""

    name: Name
    slug: Slug
    logo_url: Text | None = None
    documentation_url: Text | None = None
    description: Text | None = None
    code_example: Text | None = None


class BlockTypeUpdate(UpdateModel):
    """Changes to how a kind of block is described."""

    logo_url: Text | None = None
    documentation_url: Text | None = None
    description: Text | None = None
    code_example: Text | None = None


class BlockSchemaCreate(ActionModel):
    """The fields of a kind of block; the server reckons the checksum."""

    fields: JsonObject = Field(default_factory=dict)
    block_type_id: UUID
    capabilities: list[Text] = Field(default_factory=list)
    version: KeyText = NON_VERSIONED


class BlockDocumentCreate(ActionModel):
    """A new document. A field ``{"$ref": {"block_document_id": id}}`` stands for another document."""

    name: Name | None = None
    data: JsonObject = Field(default_factory=dict)
    block_schema_id: UUID
    block_type_id: UUID
    is_anonymous: bool = False

    @model_validator(mode="after")
    def _refuse_nameless(self) -> Self:
        if not self.is_anonymous and self.name is None:
            raise ValueError("A block document needs a name unless it is anonymous.")
        return self


class BlockDocumentUpdate(UpdateModel):
    """Changes to a document: further fields, or with ``merge_existing_data`` false all of them."""

    block_schema_id: UUID | None = None
    data: JsonObject = Field(default_factory=dict)
    merge_existing_data: bool = True
