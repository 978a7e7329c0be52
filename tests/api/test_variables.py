"""Routes of variables (orchestration.md 4.6)."""

from typing import Any
from uuid import uuid4

import pytest

from tests.api.driver import Api, problems


async def create(api: Api, name: str = "answer", value: Any = 42, **fields: Any) -> dict[str, Any]:
    created: dict[str, Any] = await api.post(
        "variables/", {"name": name, "value": value, **fields}, expect=201
    )
    return created


async def test_a_variable_is_found_by_id_and_by_name(api: Api) -> None:
    created = await create(api, value={"k": [1, None, "x"]}, tags=["t"])

    assert created["name"] == "answer"
    assert created["value"] == {"k": [1, None, "x"]}
    assert created["tags"] == ["t"]
    assert await api.get(f"variables/{created['id']}") == created
    assert await api.get("variables/name/answer") == created


@pytest.mark.parametrize("value", [None, False, 0, 1.5, "", "text", [], {"a": {"b": 1}}])
async def test_any_json_is_a_value(api: Api, value: Any) -> None:
    await create(api, value=value)

    assert (await api.get("variables/name/answer"))["value"] == value


@pytest.mark.parametrize(
    "bad",
    [
        {"name": "Upper", "value": 1},
        {"name": "white space", "value": 1},
        {"name": "", "value": 1},
        {"name": "a" * 256, "value": 1},
        {"name": "ok"},
        {"name": "ok", "value": "x" * 4999},
        {"name": "ok", "value": 1, "colour": "red"},
        {"name": "ok", "value": 1, "tags": None},
    ],
)
async def test_what_does_not_fit_is_refused(api: Api, bad: dict[str, Any]) -> None:
    assert problems(await api.post("variables/", bad, expect=422))
    assert await api.post("variables/count", {}) == 0


async def test_the_longest_value_fits(api: Api) -> None:
    await create(api, name="a" * 255, value="x" * 4998)


async def test_a_name_is_taken_once(api: Api) -> None:
    await create(api)
    other = await create(api, "other")

    again = await api.post("variables/", {"name": "answer", "value": 1}, expect=409)
    renamed = await api.patch(f"variables/{other['id']}", {"name": "answer"}, expect=409)

    assert "answer" in again["detail"]
    assert "answer" in renamed["detail"]


async def test_an_update_changes_what_it_names(api: Api) -> None:
    created = await create(api, tags=["t"])

    await api.patch("variables/name/answer", {"value": None})
    await api.patch(f"variables/{created['id']}", {"name": "question", "tags": []})

    changed = await api.get("variables/name/question")
    assert (changed["value"], changed["tags"]) == (None, [])
    assert changed["updated"] > created["updated"]
    await api.get("variables/name/answer", expect=404)


@pytest.mark.parametrize("bad", [{"name": None}, {"tags": None}, {"name": "A"}, {"id": str(uuid4())}])
async def test_an_update_that_does_not_fit_is_refused(api: Api, bad: dict[str, Any]) -> None:
    await create(api)

    await api.patch("variables/name/answer", bad, expect=422)


async def test_an_unknown_variable_is_not_found(api: Api) -> None:
    for path in (f"variables/{uuid4()}", "variables/name/nobody"):
        assert await api.get(path, expect=404) == {"detail": "Variable not found."}
        await api.patch(path, {"value": 1}, expect=404)
        await api.delete(path, expect=404)


async def test_variables_are_listed_and_counted(api: Api) -> None:
    for name, tags in (("b_one", ["x", "y"]), ("a_two", ["x"]), ("c-three", [])):
        await create(api, name, tags=tags)

    async def names(variables: Any, **body: Any) -> list[str]:
        found = await api.post("variables/filter", {"variables": variables, **body})
        assert await api.post("variables/count", {"variables": variables}) == len(found) or body
        return [one["name"] for one in found]

    assert await names(None) == ["a_two", "b_one", "c-three"]
    assert await names(None, sort="NAME_DESC", limit=2) == ["c-three", "b_one"]
    assert await names(None, sort="CREATED_DESC", offset=2) == ["b_one"]
    assert await names({"tags": {"all_": ["x", "y"]}}) == ["b_one"]
    assert await names({"tags": {"is_null_": True}}) == ["c-three"]
    assert await names({"name": {"like_": "O"}}) == ["a_two", "b_one"]
    assert await names({"name": {"any_": ["a_two", "none"]}}) == ["a_two"]
    assert await names({"id": {"any_": []}}) == []


async def test_every_change_is_told(api: Api) -> None:
    created = await create(api)
    await api.patch("variables/name/answer", {"value": 43})
    await api.delete("variables/name/answer")

    assert await api.event_names("variable") == [
        "variable.created",
        "variable.updated",
        "variable.deleted",
    ]
    last = (await api.events("variable"))[-1]
    assert last.resource == {
        "prefect.resource.id": f"prefect.variable.{created['id']}",
        "prefect.resource.name": "answer",
    }
    assert last.payload == {"name": "answer", "value": 43, "tags": []}


async def test_a_refused_variable_leaves_no_event(api: Api) -> None:
    await create(api)
    await api.post("variables/", {"name": "answer", "value": 1}, expect=409)

    assert await api.event_names("variable") == ["variable.created"]
