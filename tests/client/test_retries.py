"""When a call is tried again."""

from contextlib import suppress
from datetime import timedelta
from email.utils import format_datetime

import httpx
import pytest

from penstock.client import RetryPolicy, ServerUnavailable
from penstock.core.clock import utc_now
from penstock.schemas.actions import DeploymentFlowRunCreate, LogCreate, WorkPoolCreate
from tests.client.conftest import NO_PAUSES, Script

OK = httpx.Response(200, json=True)
POOL = httpx.Response(
    201,
    json={"name": "p", "type": "process", "default_queue_id": "11111111-1111-1111-1111-111111111111"},
)


async def attempts_of(call, script) -> int:
    with suppress(ServerUnavailable):
        await call
    return len(script.requests)


@pytest.mark.parametrize("status", [408, 429, 502, 503])
async def test_a_reading_call_is_tried_again(client_of, status):
    script = Script(httpx.Response(status), httpx.Response(status), OK)
    assert await client_of(script).health() is True
    assert len(script.requests) == 3


@pytest.mark.parametrize("status", [400, 404, 409, 422, 500])
async def test_other_answers_are_final(client_of, status):
    script = Script(httpx.Response(status, json={"detail": "no"}))
    assert await client_of(script).health() is False
    assert len(script.requests) == 1


async def test_attempts_are_bounded(client_of):
    script = Script(httpx.ConnectError("connection refused"))
    with pytest.raises(ServerUnavailable) as failure:
        await client_of(script).read_work_pool("p")
    assert len(script.requests) == NO_PAUSES.attempts
    assert failure.value.status_code == 503
    assert failure.value.message == "The server at http://server/api does not answer: connection refused."


@pytest.mark.parametrize(
    ("failure", "attempts"),
    [
        (httpx.ConnectError("refused"), 4),
        (httpx.ConnectTimeout("slow"), 4),
        (httpx.Response(503), 4),
        (httpx.Response(429), 4),
        (httpx.ReadTimeout("slow"), 1),
        (httpx.ReadError("reset"), 1),
        (httpx.RemoteProtocolError("closed"), 1),
        (httpx.Response(502), 1),
    ],
)
async def test_a_call_that_counts_twice_is_sent_again_only_when_it_was_not_processed(
    client_of, failure, attempts
):
    for call in (
        lambda client: client.create_work_pool(WorkPoolCreate(name="p", type="process")),
        lambda client: client.claim_flow_runs("p", "w"),
        lambda client: client.create_logs([LogCreate(name="n", level=20, message="m", timestamp=utc_now())]),
    ):
        script = Script(failure)
        assert await attempts_of(call(client_of(script)), script) == attempts


async def test_an_idempotency_key_makes_a_creation_safe(client_of):
    for key, attempts in (("k", 4), (None, 1)):
        script = Script(httpx.ReadError("reset"))
        request = DeploymentFlowRunCreate(idempotency_key=key)
        call = client_of(script).create_flow_run_from_deployment("id", request)
        assert await attempts_of(call, script) == attempts


async def test_a_lost_answer_of_a_safe_call_is_asked_for_again(client_of):
    script = Script(httpx.ReadError("reset"), POOL)
    assert (await client_of(script).read_work_pool("p")).name == "p"


def test_pauses_double_and_end():
    pauses = list(RetryPolicy(attempts=5, first_pause_seconds=1, longest_pause_seconds=3).pauses())
    assert len(pauses) == 4
    for pause, longest in zip(pauses, [1, 2, 3, 3], strict=True):
        assert longest / 2 <= pause <= longest


@pytest.mark.parametrize(
    ("header", "least", "most"),
    [
        ("2", 2, 2),
        ("0.5", 0.5, 0.5),
        ("-3", 0, 0),
        ("100000", 30, 30),
        ("soon", 0, 0),
        ("", 0, 0),
    ],
)
def test_retry_after(header, least, most):
    asked = RetryPolicy().pause_asked_for(httpx.Response(503, headers={"Retry-After": header}))
    assert least <= asked <= most


@pytest.mark.parametrize("hours", [-3, 0, 3])
@pytest.mark.parametrize(("seconds", "expected"), [(20, 20), (-20, 0), (7200, 30)])
def test_retry_after_as_a_date_goes_by_the_clock_of_the_server(hours, seconds, expected):
    now = utc_now() + timedelta(hours=hours)
    dates = {
        "Date": format_datetime(now, usegmt=True),
        "Retry-After": format_datetime(now + timedelta(seconds=seconds), usegmt=True),
    }
    assert RetryPolicy().pause_asked_for(httpx.Response(503, headers=dates)) == expected


@pytest.mark.parametrize("now", [{}, {"Date": "today"}])
def test_retry_after_as_a_date_says_nothing_without_the_date_of_the_answer(now):
    later = format_datetime(utc_now() + timedelta(seconds=20), usegmt=True)
    assert RetryPolicy().pause_asked_for(httpx.Response(503, headers={"Retry-After": later, **now})) == 0


async def test_retry_after_is_honoured(client_of, monkeypatch):
    slept = []

    async def note(seconds):
        slept.append(seconds)

    monkeypatch.setattr("penstock.client.http.asyncio.sleep", note)
    script = Script(httpx.Response(503, headers={"Retry-After": "7"}), OK)
    assert await client_of(script).health() is True
    assert slept == [7.0]
