"""What a refused call says."""

import httpx
import pytest

from penstock.client import (
    ApiError,
    Conflict,
    Invalid,
    NoAnswer,
    NotFound,
    PenstockClient,
    ServerUnavailable,
)
from tests.client.conftest import Script


@pytest.mark.parametrize(
    ("status", "body", "kind", "message"),
    [
        (404, {"detail": 'Work pool "p" not found.'}, NotFound, 'Work pool "p" not found.'),
        (404, {"exception_message": "Flow run not found."}, NotFound, "Flow run not found."),
        (409, {"detail": "It exists already."}, Conflict, "It exists already."),
        (403, {"detail": "Reserved."}, ApiError, "Reserved."),
        (503, {"exception_message": "Service Unavailable"}, ServerUnavailable, "Service Unavailable"),
        (502, {"detail": "No server behind."}, NoAnswer, "No server behind."),
        (
            422,
            {
                "exception_message": "Invalid request received.",
                "exception_detail": [
                    {"loc": ["body", "name"], "msg": "Field required"},
                    {"loc": ["body", "limit", 0], "msg": "Value error, Too small."},
                ],
            },
            Invalid,
            "name: Field required; limit.0: Too small.",
        ),
        (422, {"detail": [{"loc": ["body"], "msg": "Bad"}, "odd"]}, Invalid, "Bad; odd"),
        (422, {"detail": "limit: too large"}, Invalid, "limit: too large"),
        (500, {"detail": {"code": 3}}, ApiError, '{"code": 3}'),
        (
            500,
            {},
            ApiError,
            "GET http://server/api/work_pools/p was answered with 500 Internal Server Error: {}",
        ),
    ],
)
async def test_the_body_becomes_one_sentence(client_of, status, body, kind, message):
    with pytest.raises(ApiError) as failure:
        await client_of(Script(httpx.Response(status, json=body))).read_work_pool("p")
    assert type(failure.value) is kind
    assert failure.value.message == str(failure.value) == message
    assert failure.value.status_code == status
    assert failure.value.detail == body


async def test_a_page_that_is_no_json(client_of):
    script = Script(httpx.Response(500, text="<html>oh</html>"))
    with pytest.raises(ApiError, match=r"was answered with 500 Internal Server Error\.$"):
        await client_of(script).read_work_pool("p")


@pytest.mark.parametrize("answer", [httpx.Response(200, text="<html>"), httpx.Response(200, json=[])])
async def test_an_answer_of_some_other_server(client_of, answer):
    with pytest.raises(ApiError, match="is not what a Penstock server sends"):
        await client_of(Script(answer)).read_work_pool("p")


@pytest.mark.parametrize(
    "address", ["not an address", "ftp://server/api", "http://", "http://a b/", "http://[::"]
)
async def test_an_address_that_cannot_be(address):
    async with PenstockClient(address) as client:
        with pytest.raises(ApiError):
            await client.read_work_pool("p")
        assert await client.health() is False


async def test_nobody_listens():
    async with PenstockClient("http://127.0.0.1:9/api") as client:
        with pytest.raises(NoAnswer, match=r"does not answer: nobody listens there\.$"):
            await client.read_work_pool("p")


async def test_a_value_that_is_no_json(client_of):
    script = Script(httpx.Response(200))
    with pytest.raises(Invalid, match="cannot be written as JSON"):
        await client_of(script)._http.send("POST", "/x", {"x": float("nan")}, repeatable=False)
    assert script.requests == []
