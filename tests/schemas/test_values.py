from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.schemas.actions import FlowCreate, FlowRunCreate
from penstock.schemas.values import encoded_size
from tests.schemas.errors import reason, refusals

storable_text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
storable_json = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | storable_text,
    lambda inner: st.lists(inner) | st.dictionaries(storable_text, inner),
    max_leaves=10,
)


@given(st.dictionaries(storable_text, storable_json))
def test_whatever_json_can_hold_passes_unchanged(parameters: dict[str, object]) -> None:
    assert FlowRunCreate(flow_id=uuid4(), parameters=parameters).parameters == parameters


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("a\0b", "NUL"),
        (["deep", {"a\0": 1}], "NUL"),
        ([{"a": "deep\0"}], "NUL"),
        (float("nan"), "NaN"),
        (float("-inf"), "infinite"),
        ("\ud800", "surrogate"),
    ],
)
def test_what_no_database_can_hold_is_refused_in_words(value: object, words: str) -> None:
    assert words in reason(FlowRunCreate, flow_id=uuid4(), parameters={"x": value})


def test_the_letters_that_spell_a_nul_are_no_nul() -> None:
    assert FlowRunCreate(flow_id=uuid4(), parameters={"x": r"\u0000"}).parameters["x"] == r"\u0000"


@pytest.mark.parametrize("depth", [300, 100_000])
def test_bottomless_nesting_is_refused(depth: int) -> None:
    nested: list[object] = []
    for _ in range(depth):
        nested = [nested]
    assert "recursion" in reason(FlowRunCreate, flow_id=uuid4(), context={"x": nested})


@pytest.mark.parametrize("number", [2**64, -(2**63) - 1, 10**30])
def test_whole_numbers_of_more_than_64_bits_are_refused(number: int) -> None:
    assert "64-bit" in reason(FlowRunCreate, flow_id=uuid4(), context={"x": number})


def test_labels_are_flat_and_null_means_none() -> None:
    labels = {"a": 1, "b": True, "c": 0.5, "d": "x"}
    assert FlowCreate(name="f", labels=labels).labels == labels
    assert FlowCreate(name="f", labels=None).labels == {}
    assert set(refusals(FlowCreate, name="f", labels={"a": []}).values()) >= {"string_type"}


def test_size_is_that_of_compact_json() -> None:
    assert encoded_size({"a": [1, "é"]}) == len('{"a":[1,"é"]}'.encode())
