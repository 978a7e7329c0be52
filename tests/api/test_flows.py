"""Flows (orchestration.md 2.1)."""

from typing import Any
from uuid import uuid4

import pytest

from tests.api.driver import Api, problems


async def create(api: Api, name: str, *, expect: int = 201, **fields: Any) -> Any:
    return await api.post("flows/", {"name": name, **fields}, expect=expect)


async def test_a_flow_is_created_once_and_then_returned_unchanged(api: Api) -> None:
    flow = await create(api, "f", tags=["t"], labels={"a": 1})

    again = await create(api, "f", tags=["other"], expect=200)

    assert again == flow
    assert flow | {"id": 0, "created": 0, "updated": 0} == {
        "id": 0,
        "created": 0,
        "updated": 0,
        "name": "f",
        "tags": ["t"],
        "labels": {"a": 1},
    }


async def test_a_flow_is_read_by_id_and_by_name(api: Api) -> None:
    flow = await create(api, "f")

    assert await api.get(f"flows/{flow['id']}") == flow
    assert await api.get("flows/name/f") == flow
    assert await api.get(f"flows/{uuid4()}", expect=404) == {"detail": "Flow not found"}
    assert await api.get("flows/name/F", expect=404) == {"detail": "Flow not found"}
    await api.get("flows/no-id", expect=404)


@pytest.mark.parametrize("name", ["a/b", "", "a%b"])
async def test_a_bad_name_is_refused(api: Api, name: str) -> None:
    assert "string_pattern_mismatch" in problems(await create(api, name, expect=422))


@pytest.mark.parametrize(
    ("body", "names"),
    [
        ({}, ["a", "b", "c"]),
        ({"sort": "NAME_DESC"}, ["c", "b", "a"]),
        ({"sort": None, "limit": 1, "offset": 1}, ["b"]),
        ({"flows": {"name": {"any_": ["c"]}}}, ["c"]),
        ({"flows": {"name": {"like_": "B"}}}, ["b"]),
        ({"flows": {"tags": {"all_": ["t"]}}}, ["a"]),
        ({"work_queues": None, "sort": "CREATED_DESC"}, ["c", "b", "a"]),
        ({"deployments": {"name": {"any_": ["d"]}}}, ["b"]),
        ({"work_pools": {"name": {"any_": ["pool"]}}}, ["b"]),
        ({"work_pools": {"name": {"any_": ["absent"]}}}, []),
    ],
)
async def test_flows_are_listed_and_counted(api: Api, body: dict[str, Any], names: list[str]) -> None:
    await create(api, "a", tags=["t"])
    flow = await create(api, "b")
    await create(api, "c")
    await api.create_pool()
    await api.post("deployments/", {"name": "d", "flow_id": flow["id"], "work_pool_name": "pool"}, expect=201)

    assert [one["name"] for one in await api.post("flows/filter", body)] == names
    if "limit" not in body:
        assert await api.post("flows/count", body) == len(names)


async def test_a_bad_sort_is_refused(api: Api) -> None:
    assert "sort" in problems(await api.post("flows/filter", {"sort": "BEAUTY"}, expect=422))
