"""Which block types, schemas and documents."""

from uuid import UUID

from pydantic import Field

from penstock.schemas.filters.operators import AnyOf, FewOf, OperatorFilter
from penstock.schemas.foundations import FilterModel
from penstock.schemas.values import SearchText, Text


class BlockTypeFilterName(FilterModel):
    """By part of the name, whatever the case."""

    like_: SearchText | None = None


class BlockTypeFilterSlug(FilterModel):
    """By exact slug."""

    any_: AnyOf[Text] | None = None


class BlockTypeFilter(FilterModel):
    """Choose block types."""

    name: BlockTypeFilterName | None = None
    slug: BlockTypeFilterSlug | None = None


class BlockSchemaFilterId(FilterModel):
    """By id."""

    any_: AnyOf[UUID] | None = None


class BlockSchemaFilterBlockTypeId(FilterModel):
    """By type."""

    any_: AnyOf[UUID] | None = None


class BlockSchemaFilterCapabilities(FilterModel):
    """By what blocks of the schema can do; all of these."""

    all_: FewOf[Text] | None = None


class BlockSchemaFilterVersion(FilterModel):
    """By version."""

    any_: AnyOf[Text] | None = None


class BlockSchemaFilter(OperatorFilter):
    """Choose block schemas."""

    block_type_id: BlockSchemaFilterBlockTypeId | None = None
    block_capabilities: BlockSchemaFilterCapabilities | None = None
    id: BlockSchemaFilterId | None = None
    version: BlockSchemaFilterVersion | None = None


class BlockDocumentFilterId(FilterModel):
    """By id."""

    any_: AnyOf[UUID] | None = None


class BlockDocumentFilterIsAnonymous(FilterModel):
    """By being anonymous."""

    eq_: bool | None = None


class BlockDocumentFilterBlockTypeId(FilterModel):
    """By type."""

    any_: AnyOf[UUID] | None = None


class BlockDocumentFilterName(FilterModel):
    """By exact name or part of it, whatever the case."""

    any_: AnyOf[Text] | None = None
    like_: SearchText | None = None


def _named_ones() -> BlockDocumentFilterIsAnonymous:
    return BlockDocumentFilterIsAnonymous(eq_=False)


class BlockDocumentFilter(OperatorFilter):
    """Choose block documents; anonymous ones only when ``is_anonymous`` says so, or is null."""

    id: BlockDocumentFilterId | None = None
    is_anonymous: BlockDocumentFilterIsAnonymous | None = Field(default_factory=_named_ones)
    block_type_id: BlockDocumentFilterBlockTypeId | None = None
    name: BlockDocumentFilterName | None = None
