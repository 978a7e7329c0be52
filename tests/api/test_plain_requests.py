"""The short way of plain requests answers what FastAPI answers, right or wrong."""

from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from penstock.core.ids import uuid7
from tests.support.factories import unique

PLAIN = {"content-type": "application/json"}
NOT_PLAIN = {"content-type": "application/json; charset=utf-8"}
"""Says the same, and goes to FastAPI."""

SCALARS = (
    st.none() | st.booleans() | st.integers(-3, 300) | st.floats(-1, 9) | st.sampled_from(["", "a", "7"])
)
VALUES = SCALARS | st.lists(SCALARS, max_size=2) | st.dictionaries(st.sampled_from(["any_", "x"]), SCALARS)
NAMES = [
    "limit",
    "offset",
    "page",
    "name",
    "work_queue_names",
    "scheduled_before",
    "heartbeat_interval_seconds",
]
BODIES = st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=3) | VALUES
PATHS = [
    "/work_pools/filter",
    "/work_pools/paginate",
    "/work_pools/{pool}/get_scheduled_flow_runs",
    "/work_pools/{pool}/workers/heartbeat",
    "/work_pools/{pool}/workers/filter",
    "/work_pools/none/workers/filter",
    f"/flow_runs/{uuid7()}/set_state",
]


async def answers(client: httpx.AsyncClient, path: str, body: Any) -> tuple[tuple[int, Any], tuple[int, Any]]:
    """Return status and content of both ways."""
    both = []
    for headers in (PLAIN, NOT_PLAIN):
        answer = await client.post(path, json=body, headers=headers)
        both.append((answer.status_code, answer.json() if answer.content else None))
    return both[0], both[1]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(path=st.sampled_from(PATHS), body=BODIES)
async def test_both_ways_answer_the_same(client: httpx.AsyncClient, path: str, body: Any) -> None:
    name = unique("pool")
    assert (await client.post("/work_pools/", json={"name": name})).status_code == 201
    plain, by_fastapi = await answers(client, path.format(pool=name), body)
    assert plain == by_fastapi


@pytest.mark.parametrize(
    "body", [b"", b"{", b'{"limit": NaN}', b"[1]", b"null", b'{"limit": "\\ud800"}', b"\xff"]
)
async def test_what_is_no_plain_json_is_answered_the_same(client: httpx.AsyncClient, body: bytes) -> None:
    statuses = set()
    for headers in (PLAIN, NOT_PLAIN, {}):
        answer = await client.post("/work_pools/filter", content=body, headers=headers)
        statuses.add((answer.status_code, answer.text))
    assert len(statuses) == 1


@pytest.mark.parametrize("version", ["0.8.4", "0.8.0", "0.7.9", "nonsense"])
async def test_versions_are_checked_on_the_short_way_too(client: httpx.AsyncClient, version: str) -> None:
    answer = await client.post("/work_pools/filter", json={}, headers={"x-prefect-api-version": version})
    assert answer.status_code == (200 if version.startswith("0.8") else 400)


async def test_nul_in_a_name_finds_nothing(client: httpx.AsyncClient) -> None:
    for headers in (PLAIN, NOT_PLAIN):
        answer = await client.post("/work_pools/a%00b/get_scheduled_flow_runs", json={}, headers=headers)
        assert answer.status_code == 404


@pytest.mark.parametrize("headers", [PLAIN, NOT_PLAIN], ids=["plain", "not plain"])
async def test_who_goes_away_in_the_middle_has_asked_badly(
    app: FastAPI, client: httpx.AsyncClient, headers: dict[str, str]
) -> None:
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/api/work_pools/filter",
        "query_string": b"",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
    }
    said: list[dict[str, Any]] = [{"type": "http.request", "body": b'{"limit"', "more_body": True}]
    answered: list[Any] = []

    async def receive() -> dict[str, Any]:
        return said.pop() if said else {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        answered.append(message)

    await app(scope, receive, send)
    assert answered[0]["status"] == 400
