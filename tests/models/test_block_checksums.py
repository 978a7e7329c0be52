"""The checksum of a block schema agrees with what clients reckon; the pairs were recorded from one."""

import json
from pathlib import Path
from typing import Any

import pytest

from penstock.server.models.block_checksums import block_schema_checksum

RECORDED = json.loads(Path(__file__).with_name("block_schemas.json").read_text())


@pytest.mark.parametrize("recorded", RECORDED, ids=[one["shows"] for one in RECORDED])
def test_the_checksum_is_the_clients(recorded: dict[str, Any]) -> None:
    assert block_schema_checksum(recorded["fields"]) == recorded["checksum"]


@pytest.mark.parametrize(
    "fields", [{}, {"definitions": None}, {"definitions": {}}, {"definitions": {"Any": {}}}]
)
def test_empty_definitions_do_not_count(fields: dict[str, Any]) -> None:
    assert block_schema_checksum(fields) == block_schema_checksum({})


def test_secret_fields_and_order_do_not_count() -> None:
    one = {"title": "T", "properties": {"a": {"secret_fields": ["x"]}}, "secret_fields": ["a"]}

    assert block_schema_checksum(one) == block_schema_checksum({"properties": {"a": {}}, "title": "T"})


def test_definitions_of_any_shape_have_a_checksum() -> None:
    assert block_schema_checksum({"definitions": ["x"]}) != block_schema_checksum({})
