"""Keys that no index holds and lists that no statement holds are refused, alike on both databases."""

import random
import string
from typing import Any
from uuid import UUID, uuid4

import pytest

from penstock.schemas.values import LONGEST_KEY_BYTES
from tests.api.blocks import make_kind, reference
from tests.api.driver import Api

NOBODY = str(uuid4())
MANY = 33_000
UNCHECKED = {"enforce_parameter_schema": False}
TIME = "2026-01-01T00:00:00Z"


def noise(length: int) -> str:
    """Return text that does not get shorter by compression, which lets more into an index."""
    return "".join(random.Random(length).choices(string.ascii_lowercase + string.digits, k=length))


KEYS = [
    ("POST", "work_pools/", {"name": "@"}),
    ("POST", "work_pools/", {"name": "other", "type": "@"}),
    ("POST", "work_pools/pool/queues", {"name": "@"}),
    ("PATCH", "work_pools/pool/queues/default", {"name": "@"}),
    ("POST", "work_pools/pool/workers/heartbeat", {"name": "@"}),
    ("POST", "work_queues/", {"name": "@"}),
    ("POST", "flows/", {"name": "@"}),
    ("POST", "deployments/", {"name": "@", "flow_id": "FLOW"}),
    ("POST", "deployments/", {"name": "d", "flow_id": "FLOW", "work_queue_name": "@"}),
    ("PATCH", "deployments/DEPLOYMENT", {"work_queue_name": "@"}),
    ("POST", "deployments/DEPLOYMENT/schedules", [{"schedule": {"interval": 60}, "slug": "@"}]),
    ("POST", "deployments/DEPLOYMENT/create_flow_run", {"idempotency_key": "@", **UNCHECKED}),
    ("POST", "deployments/DEPLOYMENT/create_flow_run", {"work_queue_name": "@", **UNCHECKED}),
    ("POST", "flow_runs/", {"flow_id": "FLOW", "idempotency_key": "@"}),
    ("POST", "flow_runs/", {"flow_id": "FLOW", "work_queue_name": "@"}),
    ("POST", "flow_runs/RUN/set_state", {"state": {"type": "RUNNING", "name": "@"}}),
    ("POST", "task_runs/", {"task_key": "@", "dynamic_key": "@"}),
    ("POST", "task_runs/", {"task_key": "t", "dynamic_key": "d", "cache_key": "@"}),
    ("POST", "v2/concurrency_limits/", {"name": "@", "limit": 1}),
    ("POST", "concurrency_limits/", {"tag": "@", "concurrency_limit": 1}),
    ("POST", "artifacts/", {"key": "@"}),
    ("POST", "block_types/", {"name": "@", "slug": "@"}),
    ("POST", "block_schemas/", {"block_type_id": "TYPE", "version": "@"}),
    ("PUT", "saved_searches/", {"name": "@"}),
    ("POST", "events", [{"event": "e", "occurred": TIME, "resource": {"prefect.resource.id": "@"}}]),
]


async def scene(api: Api) -> dict[str, str]:
    pool = await api.create_pool()
    kind = await make_kind(api)
    return {
        "DEPLOYMENT": str(await api.add_deployment(await api.read_queue())),
        "RUN": str(await api.add_run(pool["default_queue_id"])),
        "FLOW": str(await api.add_flow()),
        "TYPE": kind.type["id"],
    }


def fill_in(given: Any, ids: dict[str, str]) -> Any:
    if isinstance(given, dict):
        return {key: fill_in(value, ids) for key, value in given.items()}
    if isinstance(given, list):
        return [fill_in(value, ids) for value in given]
    return ids.get(given, given) if isinstance(given, str) else given


@pytest.mark.parametrize(("method", "path", "body"), KEYS, ids=lambda value: str(value)[:60])
async def test_a_key_is_as_long_as_an_index_takes(api: Api, method: str, path: str, body: Any) -> None:
    ids = await scene(api)
    path = "/".join(ids.get(part, part) for part in path.split("/"))

    too_long = await api.send(method, path, fill_in(body, {**ids, "@": noise(LONGEST_KEY_BYTES + 1)}))
    longest = await api.send(method, path, fill_in(body, {**ids, "@": noise(LONGEST_KEY_BYTES)}))

    assert too_long.status_code == 422
    problems = too_long.json()["exception_detail"]
    assert all(f"at most {LONGEST_KEY_BYTES} bytes" in problem["msg"] for problem in problems)
    assert longest.status_code in {200, 201, 204}, longest.text


async def test_the_length_of_a_key_is_that_of_its_bytes(api: Api) -> None:
    await api.post("flows/", {"name": "ü" * (LONGEST_KEY_BYTES // 2)}, expect=201)
    await api.post("flows/", {"name": "ü" * (LONGEST_KEY_BYTES // 2 + 1)}, expect=422)


async def test_the_name_of_a_reference_between_blocks_is_a_key(api: Api) -> None:
    kind = await make_kind(api)
    inner = await kind.create("inner")

    body = kind.body("outer", {noise(LONGEST_KEY_BYTES + 1): reference(inner)})
    answer = await api.post("block_documents/", body, expect=422)

    assert "too long" in answer["detail"]


LISTS = [
    ("work_pools/pool/get_scheduled_flow_runs", "work_queue_names", {}),
    ("work_pools/pool/claim", "work_queue_names", {"worker_name": "w"}),
    ("work_queues/", "filter.deployment_ids", {"name": "q"}),
    ("work_queues/", "filter.tags", {"name": "q"}),
    ("deployments/get_scheduled_flow_runs", "deployment_ids", {}),
    ("flow_runs/RUN/input/filter", "exclude_keys", {"prefix": ""}),
    ("v2/concurrency_limits/increment", "names", {"slots": 1}),
    ("v2/concurrency_limits/increment-with-lease", "names", {"slots": 1}),
    ("v2/concurrency_limits/decrement", "names", {"slots": 1}),
    ("concurrency_limits/increment", "names", {"task_run_id": NOBODY}),
    ("concurrency_limits/decrement", "names", {"task_run_id": NOBODY}),
    ("concurrency_limits/tag/t/reset", "slot_override", {}),
]


@pytest.mark.parametrize(("path", "name", "body"), LISTS)
async def test_a_list_is_as_long_as_a_statement_takes(
    api: Api, path: str, name: str, body: dict[str, Any]
) -> None:
    ids = await scene(api)
    outer, _, inner = name.partition(".")
    items = [str(UUID(int=number)) for number in range(MANY)]

    path = "/".join(ids.get(part, part) for part in path.split("/"))
    answer = await api.post(path, {**body, outer: {inner: items} if inner else items}, expect=422)

    [problem] = answer["exception_detail"]
    assert problem["type"] == "too_long"
    assert problem["loc"][-1] == (inner or outer)


async def test_any_number_of_events_is_taken(api: Api) -> None:
    event = {"event": "e", "occurred": TIME, "resource": {"prefect.resource.id": "it"}}

    await api.post("events", [event] * MANY, expect=204)

    answer = await api.post("events/filter", {"filter": {"occurred": {"since": TIME}}, "limit": 1})
    assert answer["total"] == MANY
