"""How the worker channel begins (workers.md 7.1)."""

from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from penstock.server.models import workers
from tests.api.driver import TEMPLATE, Api, template
from tests.support.sockets import PREFECT, send
from tests.worker_channel.workers import CLEANUP, close_of, connected, frame, hello, refusal

conformance = pytest.mark.conformance

PATH = "work_pools/pool/workers/connect"
UNAUTHORIZED = 1008, "authorization_failed"
UNAUTHENTICATED = 1008, "authentication_failed"
PROTOCOL = 1002, "protocol_error"


@conformance(223)
async def test_the_subprotocol_must_be_offered(api: Api, address: str) -> None:
    await api.create_pool()

    with pytest.raises(InvalidStatus) as refused:
        async with connect(f"{address}/{PATH}"):
            pass

    assert refused.value.response.status_code == 403


@conformance(223)
@pytest.mark.parametrize("first", [{"type": "hello"}, "no json", "[]", hello()])
async def test_the_first_frame_must_authenticate(api: Api, address: str, first: Any) -> None:
    await api.create_pool()

    async with connect(f"{address}/{PATH}", subprotocols=[PREFECT]) as connection:
        await send(connection, first)
        assert await close_of(connection) == UNAUTHENTICATED


@conformance(223)
@pytest.mark.parametrize("token", [None, "wrong"])
async def test_a_token_must_be_right(api: Api, address: str, token: str | None) -> None:
    await api.create_pool()
    api.app.state.api_auth_string = "user:right"

    async with connect(f"{address}/{PATH}", subprotocols=[PREFECT]) as connection:
        await send(connection, {"type": "auth", "token": token})
        assert await close_of(connection) == UNAUTHENTICATED


@conformance(224)
@pytest.mark.parametrize(
    "first",
    [
        "no json",
        "[]",
        frame("worker.heartbeat.v1", {}),
        hello() | {"colour": "red"},
        hello() | {"id": "1"},
        hello(colour="red"),
        hello(worker_name=""),
        hello(worker_type=""),
        hello(consumer_id="1"),
        hello(heartbeat_interval_seconds=0),
        hello(supported_channel_versions=[]),
        hello(requested_capabilities=[]),
        hello(requested_capabilities=["worker_heartbeat.v1"]),
        hello(requested_capabilities=["work_pool_snapshot.v1", "cleanup_delivery.v1"]),
        hello(handled_cleanup_kinds=["cancelling_timeout_teardown.v1"]),
        hello(max_cleanup_concurrency=1),
        hello(**CLEANUP, max_cleanup_concurrency=-1),
    ],
)
async def test_a_hello_that_does_not_fit_ends_the_channel(api: Api, address: str, first: Any) -> None:
    await api.create_pool()

    assert await refusal(address, "pool", first) == PROTOCOL


@conformance(224)
async def test_a_version_in_common_is_needed(api: Api, address: str) -> None:
    await api.create_pool()

    found = await refusal(address, "pool", hello(supported_channel_versions=["other.v9"]))

    assert found == (1008, "unsupported_version")


async def test_ready_tells_what_was_agreed_on(api: Api, address: str) -> None:
    pool = await api.create_pool(base_job_template=TEMPLATE, concurrency_limit=3)
    queue = await api.create_queue("high", priority=1)

    async with connected(address) as worker:
        ready = worker.ready

    snapshot = ready.pop("initial_snapshot")
    assert ready == {
        "consumer_id": worker.hello["payload"]["consumer_id"],
        "worker_id": None,
        "selected_channel_version": "work_pool_worker_channel.v1",
        "effective_heartbeat_interval_seconds": 30,
        "accepted_capabilities": ["worker_heartbeat.v1", "work_pool_snapshot.v1"],
        "rejected_capabilities": [],
        "effective_max_cleanup_concurrency": 0,
        "resolved_work_queues": [
            {"id": queue["id"], "name": "high"},
            {"id": pool["default_queue_id"], "name": "default"},
        ],
    }
    shown = snapshot.pop("work_pool")
    assert snapshot == {"snapshot_sequence": 1, "reason": "initial"}
    assert shown == await api.read_pool()
    assert (shown["status"], shown["active_slots"]) == ("READY", 0)
    [registered] = await api.post("work_pools/pool/workers/filter", {})
    assert (registered["name"], registered["heartbeat_interval_seconds"]) == ("w1", 30)


@conformance(225)
async def test_an_unknown_capability_is_rejected_and_the_channel_goes_on(api: Api, address: str) -> None:
    await api.create_pool()
    asked = ["telepathy.v1", "work_pool_snapshot.v1", "worker_heartbeat.v1", "telepathy.v1"]

    async with connected(address, requested_capabilities=asked) as worker:
        assert worker.ready["rejected_capabilities"] == ["telepathy.v1"]
        await worker.heartbeat()
        assert await worker.hears_nothing()


@pytest.mark.parametrize(
    ("changes", "concurrency"),
    [
        (CLEANUP, 1),
        (CLEANUP | {"max_cleanup_concurrency": 4}, 4),
        (CLEANUP | {"max_cleanup_concurrency": 0}, 0),
        (CLEANUP | {"handled_cleanup_kinds": []}, 0),
    ],
)
async def test_cleanup_is_accepted_from_who_can_take_some(
    api: Api, address: str, changes: dict[str, Any], concurrency: int
) -> None:
    await api.create_pool()

    async with connected(address, **changes) as worker:
        accepted = worker.ready["accepted_capabilities"]

    assert ("cleanup_delivery.v1" in accepted) == (concurrency > 0)
    assert ("cleanup_delivery.v1" in worker.ready["rejected_capabilities"]) == (concurrency == 0)
    assert worker.ready["effective_max_cleanup_concurrency"] == concurrency


@conformance(226)
async def test_an_unknown_pool_or_queue_is_refused_and_nothing_stays(api: Api, address: str) -> None:
    assert await refusal(address, "nobody", hello()) == UNAUTHORIZED
    await api.create_pool()
    await api.forget_events()

    assert await refusal(address, "pool", hello(work_queue_names=["default", "none"])) == UNAUTHORIZED

    assert await api.post("work_pools/pool/workers/filter", {}) == []
    assert (await api.read_pool())["status"] == "NOT_READY"
    assert await api.event_names() == []


async def test_named_queues_come_in_their_order_and_once(api: Api, address: str) -> None:
    await api.create_pool()
    await api.create_queue("other")

    async with connected(address, work_queue_names=["other", "default", "other"]) as worker:
        names = [queue["name"] for queue in worker.ready["resolved_work_queues"]]

    assert names == ["other", "default"]


@conformance(227)
async def test_a_missing_pool_is_created_when_asked_for(api: Api, address: str) -> None:
    made = {"create_pool_if_not_found": True, "default_base_job_template": TEMPLATE}

    async with connected(address, **made) as worker:
        shown = worker.ready["initial_snapshot"]["work_pool"]
        [queue] = worker.ready["resolved_work_queues"]

    assert (shown["name"], shown["type"], shown["status"]) == ("pool", "process", "READY")
    assert shown["base_job_template"] == TEMPLATE
    assert queue["name"] == "default"
    assert await api.read_pool() == shown
    assert await api.event_names() == [
        "work-queue.created",
        "work-pool.created",
        "work-pool.not-ready",
        "work-pool.ready",
    ]


@conformance(227)
@pytest.mark.parametrize(
    ("pool", "given", "closing"),
    [
        ("prefect-own", TEMPLATE, UNAUTHORIZED),
        ("a%26b", TEMPLATE, PROTOCOL),
        ("pool", {"job_configuration": {"command": "x"}}, PROTOCOL),
        ("pool", template(count={"type": "integer", "default": "many"}), PROTOCOL),
        (
            "pool",
            template(block={"type": "object", "default": {"$ref": {"block_document_id": "none"}}}),
            PROTOCOL,
        ),
    ],
)
async def test_a_pool_that_may_not_be_made_is_refused(
    api: Api, address: str, pool: str, given: dict[str, Any], closing: tuple[int, str]
) -> None:
    asked = hello(create_pool_if_not_found=True, default_base_job_template=given)

    assert await refusal(address, pool, asked) == closing

    assert await api.post("work_pools/count") == 0
    assert await api.event_names() == []


@conformance(227)
async def test_a_lost_race_takes_the_winners_pool(
    api: Api, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    winner = await api.create_pool(type="docker")
    read, asked = workers.read_work_pool_by_name, []

    async def read_too_early(**given: Any) -> Any:
        asked.append(given)
        return None if len(asked) == 1 else await read(**given)

    monkeypatch.setattr(workers, "read_work_pool_by_name", read_too_early)

    async with connected(address, create_pool_if_not_found=True) as worker:
        assert worker.ready["initial_snapshot"]["work_pool"]["id"] == winner["id"]


@conformance(228)
async def test_an_empty_template_is_filled_once(api: Api, address: str) -> None:
    await api.create_pool()
    await api.forget_events()

    async with connected(address, default_base_job_template=TEMPLATE) as worker:
        assert worker.ready["initial_snapshot"]["work_pool"]["base_job_template"] == TEMPLATE
        assert await worker.hears_nothing()
    other = template(command={"type": "string"}, more={"type": "integer"})
    async with connected(address, default_base_job_template=other) as worker:
        assert worker.ready["initial_snapshot"]["work_pool"]["base_job_template"] == TEMPLATE

    assert await api.event_names("work-pool") == ["work-pool.updated", "work-pool.ready"]


@conformance(228)
async def test_other_workers_are_told_of_a_filled_template(api: Api, address: str) -> None:
    await api.create_pool()

    async with connected(address) as first, connected(address, default_base_job_template=TEMPLATE):
        snapshot = await first.receive("work_pool.snapshot.v1")

    assert snapshot["work_pool"]["base_job_template"] == TEMPLATE
    assert snapshot["reason"] == "work_pool_updated"


@conformance(229)
async def test_a_failed_first_heartbeat_rolls_everything_back(
    api: Api, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await api.create_pool()
    await api.forget_events()

    async def fail(**given: Any) -> None:
        raise RuntimeError("the disk is full")

    monkeypatch.setattr(workers, "record_worker_heartbeat", fail)

    found = await refusal(address, "pool", hello(default_base_job_template=TEMPLATE))

    assert found == (1011, "heartbeat_persistence_failed")
    assert (await api.read_pool())["base_job_template"] == {}
    assert await api.event_names() == []


async def test_any_other_failure_lets_the_worker_try_again(
    api: Api, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await api.create_pool()

    async def fail(**given: Any) -> None:
        raise RuntimeError("no idea")

    monkeypatch.setattr(workers, "read_work_queues", fail)

    assert await refusal(address, "pool", hello()) == (1011, "transient_server_error")
