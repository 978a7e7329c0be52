"""What the server tells about itself, and how it speaks HTTP (orchestration.md 0, 4.11, 4.12)."""

import json
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI

from penstock.core.errors import UnavailableError
from penstock.schemas.job_templates import default_base_job_template
from penstock.server.app import create_app
from penstock.settings import ServerSettings
from tests.api.driver import Api, problems

NOWHERE = "postgresql+asyncpg://nobody:secret@127.0.0.1:1/nothing"


@pytest.mark.parametrize(
    ("path", "answer"),
    [
        ("health", True),
        ("ready", {"message": "OK"}),
        ("hello", "👋"),
        ("version", "0.8.4"),
        ("admin/version", "3.8.8"),
        ("admin/storage", {"default_result_storage_block_id": None}),
    ],
)
async def test_what_the_server_says(api: Api, path: str, answer: object) -> None:
    assert await api.get(path) == answer


async def test_csrf_tokens_are_off(api: Api) -> None:
    answer = await api.get(f"csrf-token?client={uuid4()}", expect=422)

    assert answer == {"detail": "CSRF protection is disabled."}


async def test_the_known_kinds_of_worker(api: Api) -> None:
    view = await api.get("collections/views/aggregate-worker-metadata")

    [(_, kinds)] = view.items()
    assert kinds["process"]["type"] == "process"
    template = kinds["process"]["default_base_job_configuration"]
    assert template == default_base_job_template("process")
    await api.create_pool(base_job_template=template)
    await api.get("collections/views/other", expect=404)


@pytest.mark.parametrize(
    ("version", "status"),
    [("0.8.4", 200), ("0.8.0", 200), ("1.0.0", 200), ("0.7.9", 400), ("new", 400), ("0.8", 400), ("", 400)],
)
async def test_the_api_version_is_checked(api: Api, version: str, status: int) -> None:
    response = await api.send("GET", "health", x_prefect_api_version=version)

    assert response.status_code == status
    if status == 400:
        assert "detail" in response.json()


@pytest.mark.parametrize(
    ("method", "path", "target"),
    [
        ("POST", "work_pools", "work_pools/"),
        ("POST", "flows", "flows/"),
        ("GET", "flow_run_states", "flow_run_states/"),
        ("POST", "work_pools/pool/queues/", "work_pools/pool/queues"),
    ],
)
async def test_a_slash_too_few_or_many_is_redirected(api: Api, method: str, path: str, target: str) -> None:
    response = await api.send(method, path, expect=307)

    assert response.headers["location"].endswith(f"/api/{target}")


async def test_json_needs_no_content_type(api: Api) -> None:
    body = json.dumps({"name": "pool", "type": "process"}).encode()
    request = api.client.build_request("POST", "work_pools/", content=body)
    request.headers.pop("content-type", None)

    response = await api.client.send(request)

    assert response.status_code == 201


@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        ("application/json", 201),
        ("application/json; charset=utf-8", 201),
        ("application/vnd.api+json", 201),
        ("text/plain", 422),
        ("application/x-www-form-urlencoded", 422),
    ],
)
async def test_only_json_is_read(api: Api, content_type: str, status: int) -> None:
    response = await api.client.post(
        "work_pools/",
        content=b'{"name": "pool", "type": "process"}',
        headers={"content-type": content_type},
    )

    assert response.status_code == status
    if status == 422:
        assert "Content-Type: application/json" in problems(response.json())
        assert response.json()["request_body"] == '{"name": "pool", "type": "process"}'


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff\xfe\x00",
        b'{"name": "\xff"}',
        b'{"name": "\\ud800"}',
        b'{"name": "pool", "concurrency_limit": NaN}',
        b'{"name": "pool", "concurrency_limit": Infinity}',
        b'{"name": "pool", "base_job_template": {"a": NaN}}',
        b'{"name": "pool\\u0000", "type": "process"}',
        b'{"name": "pool", "description": "\\u0000"}',
        b"[]",
        b"null",
        b'"text"',
        b"1",
        b"[" * 5000,
        b'{"name": "pool", "concurrency_limit": ' + b"9" * 5000 + b"}",
    ],
)
async def test_broken_bodies_are_refused_with_a_reason(api: Api, body: bytes) -> None:
    response = await api.client.post(
        "work_pools/", content=body, headers={"content-type": "application/json"}
    )

    assert response.status_code == 422
    answer = response.json()
    assert answer["exception_message"] == "Invalid request received."
    assert answer["exception_detail"][0]["msg"]
    assert "request_body" in answer


async def test_a_body_beyond_all_measure_is_refused(api: Api) -> None:
    response = await api.client.post("logs/", content=b" " * (17 * 1024 * 1024))

    assert response.status_code == 413


async def test_long_answers_are_compressed_when_wanted(api: Api) -> None:
    await api.create_pool(description="d" * 600)

    packed = await api.send("GET", "work_pools/pool", accept_encoding="gzip")
    plain = await api.send("GET", "work_pools/pool", accept_encoding="identity")
    short = await api.send("GET", "health", accept_encoding="gzip")

    assert packed.headers["content-encoding"] == "gzip"
    assert packed.json() == plain.json()
    assert "content-encoding" not in plain.headers
    assert "content-encoding" not in short.headers


async def test_unknown_routes_and_methods(api: Api) -> None:
    assert await api.get("nothing/here", expect=404) == {"detail": "Not Found"}
    await api.send("PUT", "work_pools/pool", {}, expect=405)


async def test_the_documentation_is_served_without_the_internet(client: httpx.AsyncClient) -> None:
    page = await client.get("http://test/docs")
    assert page.status_code == 200
    assert "/docs/assets/swagger-ui-bundle.js" in page.text
    assert "//cdn" not in page.text
    for name in ("swagger-ui-bundle.js", "swagger-ui.css"):
        assert (await client.get(f"http://test/docs/assets/{name}")).status_code == 200


async def test_every_route_is_described(client: httpx.AsyncClient) -> None:
    schema = (await client.get("http://test/api/openapi.json")).json()

    assert schema["info"]["title"] == "Penstock"
    operations = [
        (path, method, operation)
        for path, item in schema["paths"].items()
        for method, operation in item.items()
    ]
    assert len(operations) > 45
    for path, method, operation in operations:
        assert path.startswith("/api/"), path
        assert operation.get("description"), (method, path)
        assert operation.get("tags"), (method, path)


async def test_a_server_whose_database_is_away_says_so() -> None:
    app: FastAPI = create_app(ServerSettings(database_url=NOWHERE))

    with pytest.raises(UnavailableError, match=r"127\.0\.0\.1:1") as refused:
        async with app.router.lifespan_context(app):
            raise AssertionError("started")

    assert "secret" not in str(refused.value)
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test/api/") as client:
        for path in ("ready", "work_pools/pool"):
            response = await client.get(path)
            assert response.status_code == 503
            assert int(response.headers["retry-after"]) >= 1
            assert "secret" not in response.text
        assert (await client.get("health")).status_code == 200
    await app.state.db.dispose()
