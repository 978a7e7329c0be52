"""Block documents: typed, encrypted configuration that may refer to other documents (orchestration.md 4.7).

- ``secrets``: hiding secret values, and putting them back when a client sends the mask.
- ``references``: which fields stand for other documents.
- ``graph``: documents with all they refer to, as one read.
- ``reads``, ``writes``: the functions of the API.
"""

from penstock.server.models.block_documents.reads import (
    count_block_documents,
    read_block_data,
    read_block_document,
    read_block_document_by_name,
    read_block_documents,
)
from penstock.server.models.block_documents.writes import (
    create_block_document,
    delete_block_document,
    update_block_document,
)

__all__ = [
    "count_block_documents",
    "create_block_document",
    "delete_block_document",
    "read_block_data",
    "read_block_document",
    "read_block_document_by_name",
    "read_block_documents",
    "update_block_document",
]
