import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from penstock.schemas.actions import FlowCreate, WorkPoolCreate, WorkQueueCreate
from penstock.schemas.core import WorkPool, WorkQueue
from penstock.schemas.names import Name, NonEmptyName
from tests.schemas.errors import reason, refusals

PLAIN = TypeAdapter(Name)
NON_EMPTY = TypeAdapter(NonEmptyName)
BANNED = "/%&><"

storable = st.text(st.characters(exclude_categories=["Cs"], exclude_characters=BANNED + "\0"), min_size=1)


@given(storable)
def test_any_text_without_banned_characters_is_a_name(text: str) -> None:
    assert PLAIN.validate_python(text) == text


@given(storable, st.sampled_from(BANNED), storable)
def test_a_banned_character_anywhere_is_refused(before: str, banned: str, after: str) -> None:
    for text in (before + banned + after, banned + after, before + banned, banned):
        with pytest.raises(ValidationError, match="String should match pattern"):
            PLAIN.validate_python(text)


@given(st.text(" '\""))
def test_spaces_and_quotes_alone_are_no_name(text: str) -> None:
    with pytest.raises(ValidationError, match="cannot be an empty string"):
        NON_EMPTY.validate_python(text)


@pytest.mark.parametrize("model", [WorkPoolCreate, WorkPool])
@pytest.mark.parametrize("name", ["", " ", "''", "' '"])
def test_empty_pool_names_get_the_message_about_emptiness(model: type, name: str) -> None:
    assert "cannot be an empty string" in reason(model, name=name)


@pytest.mark.parametrize("model", [WorkPoolCreate, WorkPool, WorkQueueCreate, WorkQueue, FlowCreate])
@pytest.mark.parametrize("banned", BANNED)
def test_pools_queues_and_flows_obey_the_pattern(model: type, banned: str) -> None:
    assert refusals(model, name=f"a{banned}b") == {"name": "string_pattern_mismatch"}


def test_a_blank_queue_name_is_accepted_and_an_empty_one_is_not() -> None:
    assert WorkQueueCreate(name=" ").name == " "
    assert refusals(WorkQueueCreate, name="") == {"name": "string_pattern_mismatch"}


def test_a_name_must_be_storable() -> None:
    assert "NUL" in reason(WorkPoolCreate, name="a\0b")
    assert refusals(WorkPoolCreate, name="a\ud800") == {"name": "string_unicode"}
    assert refusals(WorkPoolCreate, name=5) == {"name": "string_type"}
    assert "surrogate" in reason(WorkPoolCreate, name="p", description="a\ud800")
    assert WorkPoolCreate(name="p", description="😀").description == "😀"
