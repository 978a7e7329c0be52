"""NUL characters, which PostgreSQL stores nowhere, are answered alike on both databases."""

import pytest

from tests.api.driver import Api

NUL_IN_A_NAME = [
    ("GET", "work_pools/{}"),
    ("PATCH", "work_pools/{}"),
    ("DELETE", "work_pools/{}"),
    ("POST", "work_pools/{}/get_scheduled_flow_runs"),
    ("POST", "work_pools/{}/queues/filter"),
    ("GET", "work_pools/pool/queues/{}"),
    ("DELETE", "work_pools/pool/workers/{}"),
    ("GET", "work_queues/name/{}"),
    ("GET", "flows/name/{}"),
    ("GET", "deployments/name/flow/{}"),
    ("GET", "v2/concurrency_limits/{}"),
    ("DELETE", "concurrency_limits/tag/{}"),
    ("GET", "artifacts/{}/latest"),
    ("GET", "block_schemas/checksum/{}"),
    ("GET", "block_types/slug/{}"),
    ("GET", "block_types/slug/thing/block_documents/name/{}"),
    ("DELETE", "variables/name/{}"),
]


@pytest.mark.parametrize(("method", "path"), NUL_IN_A_NAME)
async def test_nothing_is_found_under_a_name_with_nul(api: Api, method: str, path: str) -> None:
    await api.create_pool()

    for name in ("%00", "a%00b"):
        response = await api.send(method, path.format(name), {}, expect=404)

        assert response.json() == {"detail": "Nothing has a name with NUL characters in it."}


@pytest.mark.parametrize("query", ["version=%00", "version=a%00b", "other=%00", "%00"])
async def test_nul_in_a_query_is_refused(api: Api, query: str) -> None:
    answer = await api.get(f"block_schemas/checksum/x?{query}", expect=422)

    assert answer == {"detail": "The query must not contain NUL characters."}


@pytest.mark.parametrize("path", ["get_scheduled_flow_runs", "claim"])
async def test_nul_in_the_name_of_a_wanted_queue_is_refused(api: Api, path: str) -> None:
    await api.create_pool()

    body = {"worker_name": "worker", "work_queue_names": ["default", "a\x00b"]}
    answer = await api.post(f"work_pools/pool/{path}", body, expect=422)

    [problem] = answer["exception_detail"]
    assert problem["loc"] == ["body", "work_queue_names", 1]
    assert "must not contain NUL characters" in problem["msg"]
