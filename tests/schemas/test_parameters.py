from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from penstock.schemas.json_schemas import CircularSchemaError, InvalidSchemaError
from penstock.schemas.parameters import InvalidParametersError, check_parameter_schema, check_parameters

SCHEMA = {
    "title": "Parameters",
    "type": "object",
    "properties": {
        "n": {"title": "n", "type": "integer", "position": 0},
        "who": {"title": "who", "type": "string", "default": "w"},
        "why": {"title": "why", "type": "string", "default": None},
        "box": {"$ref": "#/definitions/Box"},
    },
    "required": ["n"],
    "definitions": {
        "Box": {"type": "object", "properties": {"size": {"type": "integer"}}, "required": ["size"]}
    },
}
TREE = {
    "properties": {"tree": {"$ref": "#/$defs/Tree"}},
    "$defs": {"Tree": {"type": "object", "properties": {"left": {"$ref": "#/$defs/Tree"}}}},
}


@pytest.mark.parametrize(
    ("parameters", "ignore_required"),
    [
        ({"n": 1}, False),
        ({}, True),
        ({"n": 1, "why": None}, False),
        ({"n": 1, "box": {"size": 1}}, False),
        ({"box": {}}, True),
        ({"n": 1, "unknown": "x"}, False),
    ],
)
def test_parameters_that_fit(parameters: dict[str, Any], ignore_required: bool) -> None:
    check_parameters(parameters, SCHEMA, ignore_required=ignore_required)


@pytest.mark.parametrize(
    ("parameters", "ignore_required", "words"),
    [
        ({}, False, "'n' is a required property"),
        ({"n": "x"}, True, "'n': 'x' is not of type 'integer'"),
        ({"n": 1, "who": None}, False, "'who': None is not of type 'string'"),
        ({"n": 1, "box": {}}, False, "'box': 'size' is a required property"),
        ({"box": {"size": "L"}}, True, "'box.size': 'L' is not of type 'integer'"),
    ],
)
def test_parameters_that_do_not(parameters: dict[str, Any], ignore_required: bool, words: str) -> None:
    with pytest.raises(InvalidParametersError) as caught:
        check_parameters(parameters, SCHEMA, ignore_required=ignore_required)
    assert words in str(caught.value)
    assert caught.value.field == "parameters"


def test_several_reasons_are_told_at_once() -> None:
    with pytest.raises(InvalidParametersError, match=r"'n'.*'who'"):
        check_parameters({"n": "x", "who": 5}, SCHEMA)


def test_a_long_value_does_not_make_a_long_message() -> None:
    with pytest.raises(InvalidParametersError) as caught:
        check_parameters({"n": "x" * 10_000}, SCHEMA)
    assert len(str(caught.value)) < 400


def test_without_a_schema_nothing_can_be_checked() -> None:
    with pytest.raises(InvalidParametersError, match="no parameter schema"):
        check_parameters({}, None)


def test_a_recursive_type_is_no_circular_schema() -> None:
    check_parameters({"tree": {"left": {"left": {}}}}, TREE)
    with pytest.raises(InvalidParametersError, match=r"'tree\.left': 5 is not of type 'object'"):
        check_parameters({"tree": {"left": 5}}, TREE)


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "#"},
        {"$schema": "https://json-schema.org/draft/2020-12/schema", "allOf": [{"$ref": "#"}]},
        {"unevaluatedProperties": False, "if": {"$dynamicRef": "#"}},
        {"unevaluatedItems": False, "not": {"anyOf": [{"$ref": "#"}]}},
        {"$ref": "#/definitions/A", "definitions": {"A": {"$ref": "#/definitions/A"}}},
        {"$ref": "#/$defs/A", "$defs": {"A": {"allOf": [{"$ref": "#/$defs/B"}]}, "B": {"$ref": "#/$defs/A"}}},
    ],
)
def test_a_schema_without_end_is_refused(schema: dict[str, Any]) -> None:
    with pytest.raises(CircularSchemaError, match="without end"):
        check_parameters({"n": 1}, schema)


@pytest.mark.parametrize(
    "reference", ["#/definitions/Missing", "http://127.0.0.1:9/schema.json", "file:///etc/passwd"]
)
def test_nothing_outside_the_schema_is_fetched(reference: str) -> None:
    with pytest.raises(InvalidSchemaError, match="which it does not contain"):
        check_parameters({"n": 1}, {"$ref": reference})


@pytest.mark.parametrize(
    "schema", [{"type": "nope"}, {"properties": []}, {"required": "n"}, {"minimum": "0"}]
)
def test_the_schema_must_be_one(schema: dict[str, Any]) -> None:
    with pytest.raises(InvalidSchemaError, match="JSON schema is not valid"):
        check_parameter_schema(schema)
    with pytest.raises(InvalidSchemaError):
        check_parameters({}, schema, ignore_required=True)


def nested(depth: int, key: str, wrap: str | None = None) -> dict[str, Any]:
    inner: dict[str, Any] = {}
    for _ in range(depth):
        inner = {key: {wrap: inner}} if wrap else {key: inner}
    return inner


def test_depth_is_refused_in_words() -> None:
    with pytest.raises(InvalidSchemaError, match="nested too deeply"):
        check_parameter_schema(nested(250, "properties", "x"))
    with pytest.raises(InvalidSchemaError, match="nested too deeply"):
        check_parameters({"tree": nested(900, "left")}, TREE)


def test_yes_and_no_are_schemas_too() -> None:
    check_parameters({"a": 1}, {"properties": {"a": True}})
    check_parameters({"a": {"properties": 1}}, {"properties": {"a": {"properties": {}}}})
    with pytest.raises(InvalidParametersError):
        check_parameters({"a": 1}, {"properties": {"a": False}})


def test_properties_say_nothing_about_what_is_no_object() -> None:
    check_parameters({"a": 5}, {"properties": {"a": {"properties": {"b": {"type": "string"}}}}})


@pytest.mark.parametrize(
    "schema",
    [
        {"properties": {"n": {"multipleOf": 1e308}}},
        {"$id": "http://[", "properties": {"n": {"$ref": "x"}}},
    ],
)
def test_a_schema_that_can_not_be_applied_is_refused_in_words(schema: dict[str, Any]) -> None:
    with pytest.raises(InvalidSchemaError, match="can't be applied"):
        check_parameters({"n": 10**400}, schema)


ENDLESS = "^(a|aa)+$"
LONG = "a" * 60 + "!"
HOPELESS = "a" * 25 + "!"
MANY = list(range(20_000))
DOUBLING = {
    "$ref": "#/$defs/0",
    "$defs": {f"{n}": {"allOf": [{"$ref": f"#/$defs/{n + 1}"}] * 2} for n in range(40)} | {"40": {}},
}


def doubling(depth: int, schema: dict[str, Any]) -> dict[str, Any]:
    for _ in range(depth):
        schema = {"anyOf": [schema], "unevaluatedProperties": True}
    return schema


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    ("schema", "value", "words"),
    [
        ({"pattern": ENDLESS}, LONG, "pattern .* takes too long"),
        ({"items": {"not": {"pattern": ENDLESS}}}, [HOPELESS] * 1_000, "too much work"),
        ({"pattern": "|".join(map(str, MANY))}, "", "pattern .* takes too long"),
        ({"patternProperties": {ENDLESS: {}}}, {LONG: 1}, "pattern .* takes too long"),
        (
            {"additionalProperties": False, "patternProperties": {"^b$": {}, ENDLESS: {}}},
            {LONG: 1},
            "pattern .* takes too long",
        ),
        (
            {"unevaluatedProperties": False, "allOf": [{"patternProperties": {ENDLESS: {}}}]},
            {LONG: 1},
            "as well as 'unevaluatedProperties'",
        ),
        (DOUBLING, {}, "too much work"),
        (doubling(30, {}), {"x": 1}, "too much work"),
        ({"items": {"allOf": [{"type": "integer"}] * 2_000}}, MANY, "too much work"),
        ({"allOf": [{"items": {}}] * 2_000}, MANY, "too much work"),
        ({"allOf": [{"propertyNames": {}}] * 2_000}, dict.fromkeys(map(str, MANY)), "too much work"),
        ({"allOf": [{"uniqueItems": True}] * 2_000}, MANY, "too much work"),
        ({"items": {"properties": {str(n): {} for n in range(1_000)}}}, [{}] * 2_000, "too much work"),
        ({"items": {"enum": MANY}}, [0.5] * 2_000, "too much work"),
        ({"prefixItems": [{}] * 2_000, "unevaluatedItems": False}, MANY, "too much work"),
        # each message would show the value
        ({"oneOf": [{"type": "integer"}] * 2_000}, ["x" * 100] * 4_000, "too much work"),
        (
            {"$ref": "https://json-schema.org/draft/2020-12/schema"},
            {"allOf": [{"type": "string"}] * 20_000},
            "too much work",
        ),
    ],
)
def test_no_schema_keeps_the_server_busy(schema: dict[str, Any], value: Any, words: str) -> None:
    definitions = {"$defs": schema.pop("$defs", {})}
    whole = {"properties": {"a": schema}, **definitions}
    with pytest.raises(InvalidSchemaError, match=f"can't be applied: .*{words}"):
        check_parameters({"a": value}, whole)


@pytest.mark.timeout(20)
def test_a_schema_of_many_thousand_parts_is_refused_in_words() -> None:
    with pytest.raises(InvalidSchemaError, match="is not valid: it asks for too much work"):
        check_parameter_schema({"properties": {str(n): {"type": "null"} for n in MANY}})


def test_much_is_checked_that_is_only_long() -> None:
    schema = {"properties": {"a": {"items": {"$ref": "#/$defs/n"}}}, "$defs": {"n": {"type": "integer"}}}
    check_parameters({"a": MANY}, schema)
    check_parameter_schema({"properties": {str(n): {"type": "integer", "title": "n"} for n in range(2_000)}})


def fit(parameters: dict[str, Any], schema: dict[str, Any]) -> bool:
    try:
        check_parameters(parameters, schema)
    except InvalidParametersError:
        return False
    return True


JSON_VALUES = st.recursive(
    st.sampled_from([None, True, False, 0, 1, 1.0, "", "1", "ab"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("ab"), inner, max_size=2),
    max_leaves=4,
)
NAMES = st.sampled_from(["a", "b", "ab"])
PATTERNS = st.sampled_from(["a", "^b", "c$", "^[ab]+$", "^$", "(?i:B)", r"\w{2}", "."])
SIMPLE = st.one_of(
    st.booleans(),
    PATTERNS.map(lambda pattern: {"pattern": pattern}),
    st.sampled_from(["null", "integer", "string", "array", "object"]).map(lambda name: {"type": name}),
    st.lists(JSON_VALUES, min_size=1, max_size=2).map(lambda values: {"enum": values}),
    JSON_VALUES.map(lambda value: {"const": value}),
)


def schemas(look_ahead: bool) -> st.SearchStrategy[Any]:
    """Return schemas of few parts; no schema may have patterns for names as well as look ahead."""

    def around(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
        several = st.lists(inner, min_size=1, max_size=2)
        keywords: dict[str, st.SearchStrategy[Any]] = {
            "properties": st.dictionaries(NAMES, inner, max_size=2),
            "dependentSchemas": st.dictionaries(NAMES, inner, max_size=1),
            "required": st.lists(NAMES, max_size=1),
            "uniqueItems": st.booleans(),
            **dict.fromkeys(("allOf", "anyOf", "oneOf", "prefixItems"), several),
            **dict.fromkeys(("items", "contains", "propertyNames", "not", "if", "then", "else"), inner),
        }
        if look_ahead:
            keywords |= {"unevaluatedProperties": inner, "unevaluatedItems": inner}
        else:
            keywords |= {
                "patternProperties": st.dictionaries(PATTERNS, inner, max_size=2),
                "additionalProperties": inner,
            }
        names = st.lists(st.sampled_from(sorted(keywords)), unique=True, min_size=1, max_size=3)
        return names.flatmap(lambda chosen: st.fixed_dictionaries({name: keywords[name] for name in chosen}))

    return st.recursive(SIMPLE, around, max_leaves=6)


@given(schemas(look_ahead=False) | schemas(look_ahead=True), JSON_VALUES)
def test_schemas_mean_what_they_mean_in_the_library(schema: Any, value: Any) -> None:
    # null is judged by a rule of our own only where a property is null
    whole, parameters = {"properties": {"a": {"prefixItems": [schema]}}}, {"a": [value]}
    assert fit(parameters, whole) == Draft202012Validator(whole).is_valid(parameters)


@given(st.lists(JSON_VALUES, max_size=4))
def test_items_are_unique_as_in_the_library(items: list[Any]) -> None:
    schema = {"properties": {"items": {"uniqueItems": True}}}
    parameters = {"items": items}
    assert fit(parameters, schema) == Draft202012Validator(schema).is_valid(parameters)


@pytest.mark.timeout(20)
def test_many_unique_items_are_checked_at_once() -> None:
    items = [{"n": number} for number in range(30_000)]
    check_parameters({"items": items}, {"properties": {"items": {"uniqueItems": True}}})


def test_a_schema_may_name_its_dialect() -> None:
    schema = {**SCHEMA, "$schema": "https://json-schema.org/draft/2020-12/schema"}
    check_parameters({}, schema, ignore_required=True)
    with pytest.raises(InvalidParametersError):
        check_parameters({}, schema)


def test_nothing_but_what_is_declared() -> None:
    schema = {"allOf": [{"properties": {"a": {}}}], "unevaluatedProperties": False}
    check_parameters({"a": 1}, schema)
    with pytest.raises(InvalidParametersError, match="'b' was unexpected"):
        check_parameters({"b": 1}, schema)
