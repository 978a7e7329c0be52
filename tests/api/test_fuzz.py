"""Whatever is thrown at a route, the server does not break."""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.api.driver import Api

KEYS = [
    "name", "type", "description", "is_paused", "concurrency_limit", "base_job_template", "priority",
    "storage_configuration", "work_pools", "work_queues", "flow_runs", "flows", "deployments", "logs",
    "workers", "limit", "offset", "page", "sort", "any_", "operator", "startswith_", "like_", "state",
    "force", "flow_id", "parameters", "tags", "labels", "schedules", "schedule", "cron", "interval",
    "rrule", "anchor_date", "timezone", "last_polled", "scheduled_before", "work_queue_names",
    "work_pool_name", "work_queue_name", "worker_name", "heartbeat_interval_seconds", "job_variables",
    "parameter_openapi_schema", "empirical_policy", "state_details", "scheduled_time", "data", "filter",
    "job_configuration", "variables", "properties", "default", "$ref", "block_document_id",
]  # fmt: skip
WORDS = [
    "pool", "default", "run", "SCHEDULED", "PENDING", "RUNNING", "process", "prefect-agent", "UTC", "and_",
    "or_", "NAME_ASC", "* * * * *", "FREQ=DAILY", "{{ x }}", "\x00", "%", "/", "' OR 1=1 --",
    "2026-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00",
]  # fmt: skip
NUMBERS = [0, 1, -1, 200, 201, 2**31 - 1, 2**31, 2**63, -(2**70), 1.5, 1e308]

texts = st.sampled_from(WORDS) | st.text(max_size=8)
scalars = st.none() | st.booleans() | st.sampled_from(NUMBERS) | st.integers() | texts
names = st.sampled_from(KEYS) | texts
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=4),
    max_leaves=12,
)
bodies = st.dictionaries(names, values, max_size=6) | values
segments = st.sampled_from(["pool", "default", "absent", "prefect-x"]) | st.text(min_size=1, max_size=6)


def routes(app: FastAPI) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Return method, path and description of every operation."""
    for path, item in app.openapi()["paths"].items():
        for method, operation in item.items():
            yield method.upper(), path, operation


@pytest.fixture
async def world(api: Api) -> dict[str, str]:
    """A pool with a queue, a flow, a deployment and a run; their ids."""
    pool = await api.create_pool()
    deployment_id = await api.add_deployment(await api.read_queue())
    run_id = await api.add_run(pool["default_queue_id"])
    return {
        "work_queue_id": (await api.create_queue("queue"))["id"],
        "flow_id": str(api.flow_id),
        "deployment_id": str(deployment_id),
        "flow_run_id": str(run_id),
        "state_id": str(uuid4()),
    }


async def test_random_json_breaks_no_route(api: Api, world: dict[str, str]) -> None:
    operations = list(routes(api.app))
    kept = [operation for operation in operations if operation[0] != "DELETE"]

    async def send(method: str, path: str, body: Any) -> None:
        response = await api.client.request(method, f"http://test{path}", json=body)
        assert response.status_code < 500, (method, path, body, response.text)

    @given(st.data())
    @settings(
        max_examples=400,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        derandomize=True,
    )
    def choose(data: st.DataObject) -> None:
        method, template, _ = data.draw(st.sampled_from(kept))
        path = re.sub(
            r"\{(\w+)[^}]*\}",
            lambda found: world.get(found[1]) or quote(data.draw(segments), safe=""),
            template,
        )
        chosen.append((method, path, data.draw(bodies)))

    chosen: list[tuple[str, str, Any]] = []
    choose()
    for method, path, body in chosen:
        await send(method, path, body)
    assert len({path for _, path, _ in chosen}) > 30


async def test_every_field_refuses_wrong_values_without_breaking(api: Api, world: dict[str, str]) -> None:
    """Each field of each body in turn gets each odd value."""
    components = api.app.openapi()["components"]["schemas"]
    odd = [*NUMBERS, None, True, [], {}, [None], {"a": None}, "", "\x00", "x" * 300, *WORDS[-3:]]
    for method, template, operation in routes(api.app):
        if "requestBody" not in operation or method == "DELETE":
            continue
        path = re.sub(r"\{(\w+)[^}]*\}", lambda found: world.get(found[1], "pool"), template).replace(
            "/queues/pool", "/queues/queue"
        )
        schema = operation["requestBody"]["content"]["application/json"]["schema"]
        for field in fields_of(schema, components):
            for value in odd:
                body = {**base_of(path, world), field: value}
                response = await api.client.request(method, f"http://test{path}", json=body)
                assert response.status_code < 500, (method, path, body, response.text)


def fields_of(schema: dict[str, Any], components: dict[str, Any]) -> list[str]:
    """Return the keys of a body."""
    for one in (schema, *schema.get("anyOf", []), *schema.get("allOf", [])):
        if "$ref" in one:
            return list(components[one["$ref"].rpartition("/")[2]].get("properties", {}))
    return list(schema.get("properties", {}))


def base_of(path: str, world: dict[str, str]) -> dict[str, Any]:
    """Return the fields without which a body is not looked at any further."""
    if path.endswith(("/api/flow_runs/", "/api/deployments/")):
        return {"flow_id": world["flow_id"], "name": "n"}
    if path.endswith(("/work_pools/", "/flows/", "/queues", "/work_queues/", "/heartbeat")):
        return {"name": "n"}
    if path.endswith("/claim"):
        return {"worker_name": "w"}
    if path.endswith("/set_state"):
        return {"state": {"type": "RUNNING"}}
    if path.endswith("deployments/get_scheduled_flow_runs"):
        return {"deployment_ids": [], "scheduled_before": "2026-01-01T00:00:00Z"}
    return {}


@pytest.mark.parametrize("segment", ["%00", "%ff", "%F0%9F%8E%88", "a%20b", "%25", "..", "a" * 3000, "'"])
async def test_odd_names_in_paths_break_nothing(api: Api, world: dict[str, str], segment: str) -> None:
    for method, template, _ in routes(api.app):
        path = re.sub(r"\{\w+[^}]*\}", segment, template)
        request = httpx.Request(method, f"http://test{path}", json={"name": "n", "worker_name": "w"})
        response = await api.client.send(request)
        assert response.status_code < 500, (method, path, response.text)
