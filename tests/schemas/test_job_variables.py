from typing import Any
from uuid import UUID, uuid4

import pytest

from penstock.schemas.job_templates import (
    BlockNotFoundError,
    InvalidJobVariablesError,
    check_job_variables,
    check_variable_defaults,
    default_base_job_template,
    find_block_references,
    overlay_job_variables,
    replace_block_references,
)
from penstock.schemas.json_schemas import InvalidSchemaError


def template(required: list[str] | None = None, **properties: Any) -> dict[str, Any]:
    return {"variables": {"type": "object", "properties": properties, "required": required or []}}


TEXT = {"type": "string"}
NUMBER_BY_DEFAULT = {"type": "integer", "default": 1}


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"variables": {}},
        template(a=TEXT),
        template(["a"], a=TEXT),
        template(["a"], a=TEXT, b=NUMBER_BY_DEFAULT),
        template(a={"type": "string", "default": None}),
        template(a={"type": "object", "properties": {"b": TEXT}, "required": ["b"], "default": {}}),
        default_base_job_template("process"),
    ],
)
def test_good_defaults(given: dict[str, Any]) -> None:
    check_variable_defaults(given)


def test_a_default_of_the_wrong_type_is_named_with_the_reason() -> None:
    with pytest.raises(InvalidJobVariablesError) as caught:
        check_variable_defaults(template(a={"type": "integer", "default": "x"}))
    assert str(caught.value) == (
        "Validation failed for work pool's job variable defaults: 'a': 'x' is not of type 'integer'."
    )


@pytest.mark.parametrize(
    "variables",
    [{"type": "nonsense"}, {"properties": {"a": {"type": 5}}}, {"properties": {"a": "string"}}],
)
def test_variables_must_be_a_json_schema(variables: dict[str, Any]) -> None:
    with pytest.raises(InvalidSchemaError, match="JSON schema is not valid"):
        check_variable_defaults({"variables": variables})


def test_defaults_lie_under_deployment_and_run() -> None:
    given = template(a={"default": 1}, b={"default": 2}, c={"default": 3}, d=TEXT)
    assert overlay_job_variables(given, {"b": 20, "c": 30}, {"c": 300}) == {"a": 1, "b": 20, "c": 300}
    assert overlay_job_variables(given, None, {}) == {"a": 1, "b": 2, "c": 3}
    assert overlay_job_variables({}, {"x": 1}) == {"x": 1}


def test_only_the_environment_is_merged() -> None:
    given = template(env={"default": {"A": "0", "B": "0"}}, labels={"default": {"A": "0"}})
    deployment = {"env": {"B": "1", "C": "1"}, "labels": {"B": "1"}}
    run = {"env": {"C": "2"}}
    assert overlay_job_variables(given, deployment, run) == {
        "env": {"A": "0", "B": "1", "C": "2"},
        "labels": {"B": "1"},
    }
    assert overlay_job_variables(given, {"env": None})["env"] is None
    assert overlay_job_variables(given)["env"] == {"A": "0", "B": "0"}


@pytest.mark.parametrize(
    ("variables", "ignore_required", "fits"),
    [
        ({"a": "x"}, False, True),
        ({}, False, False),
        ({}, True, True),
        ({"a": None}, True, False),
        ({"a": "x", "b": None}, False, True),
        ({"a": "x", "b": "1"}, True, False),
        ({"a": "x", "unknown": object}, False, True),
    ],
)
def test_job_variables_against_the_schema(
    variables: dict[str, Any], ignore_required: bool, fits: bool
) -> None:
    given = template(["a"], a=TEXT, b=NUMBER_BY_DEFAULT)
    if fits:
        check_job_variables(given, variables, ignore_required=ignore_required)
    else:
        with pytest.raises(InvalidJobVariablesError, match="do not fit the work pool's job template"):
            check_job_variables(given, variables, ignore_required=ignore_required)


def test_a_pool_without_a_schema_takes_everything() -> None:
    check_job_variables({}, {"anything": 1})


def test_nested_requirements_are_ignored_too() -> None:
    given = template(a={"type": "object", "properties": {"b": TEXT}, "required": ["b"]})
    check_job_variables(given, {"a": {}}, ignore_required=True)
    with pytest.raises(InvalidJobVariablesError, match="'a': 'b' is a required property"):
        check_job_variables(given, {"a": {}})


def block_default(block_id: Any) -> dict[str, Any]:
    return {"type": "object", "default": {"$ref": {"block_document_id": block_id}}}


def test_block_references_are_found_by_variable() -> None:
    block = uuid4()
    given = template(a=block_default(str(block)), b=TEXT, c={"default": {"$ref": {}}}, d={"default": {}})
    assert find_block_references(given) == {"a": block}
    assert find_block_references({}) == {}
    assert find_block_references({"variables": {"properties": ["odd"]}}) == {}


def test_a_reference_gives_way_to_the_data_of_the_block() -> None:
    block = uuid4()
    given = template(a=block_default(str(block)))
    replaced = replace_block_references(given, {block: {"x": 1}})
    assert replaced["variables"]["properties"]["a"]["default"] == {"x": 1}
    assert given["variables"]["properties"]["a"] == block_default(str(block))
    check_variable_defaults(replaced)
    with pytest.raises(InvalidJobVariablesError, match="is not of type 'object'"):
        check_variable_defaults(replace_block_references(given, {block: "text"}))


def test_a_reference_to_no_block_is_ignored() -> None:
    given = template(a={"type": "string", "default": {"$ref": {}}})
    check_variable_defaults(replace_block_references(given, {}))


@pytest.mark.parametrize("block_id", ["not-a-uuid", 5, ["x"]])
def test_a_reference_by_anything_but_a_uuid_finds_no_block(block_id: Any) -> None:
    with pytest.raises(BlockNotFoundError, match=r"^Block not found\.$"):
        find_block_references(template(a=block_default(block_id)))


def test_a_block_that_is_not_there_is_not_found() -> None:
    with pytest.raises(BlockNotFoundError):
        replace_block_references(template(a=block_default(str(UUID(int=1)))), {})


def test_a_fault_of_the_variables_schema_is_told_at_its_place() -> None:
    with pytest.raises(InvalidSchemaError) as caught:
        check_variable_defaults(template(a={"type": "whole"}))
    assert [fault.path for fault in caught.value.faults] == [("variables", "properties", "a", "type")]
