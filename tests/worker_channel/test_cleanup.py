"""Cleanup over the worker channel (workers.md 7.2)."""

from typing import Any
from uuid import UUID, uuid4

from penstock.server.models import cleanup_messages
from tests.api.driver import Api
from tests.support.sockets import send
from tests.worker_channel.workers import CLEANUP, TIMEOUT_KIND, close_of, connected, frame

MESSAGE = "cleanup.message.v1"


async def enqueue(api: Api, pool: dict[str, Any], queue_id: str | None = None, **fields: Any) -> str:
    """Put a message into the pool's queue and return its id."""
    message_id = uuid4()
    async with api.db.session_context(begin_transaction=True) as session:
        await cleanup_messages.enqueue_cleanup_message(
            session=session,
            message_id=message_id,
            work_pool_id=UUID(pool["id"]),
            kind=fields.pop("kind", TIMEOUT_KIND),
            idempotency_key=str(message_id),
            work_queue_id=UUID(queue_id) if queue_id else None,
            **fields,
        )
    return str(message_id)


async def test_waiting_cleanup_is_handed_to_a_worker_that_connects(api: Api, address: str) -> None:
    pool = await api.create_pool()
    run = str(uuid4())
    target = {"flow_run_id": run, "infrastructure_pid": "7"}
    message_id = await enqueue(api, pool, pool["default_queue_id"], target=target, data={"why": "late"})

    async with connected(address, **CLEANUP) as worker:
        message = await worker.receive(MESSAGE)

    token, end = message.pop("reservation_token"), message.pop("lease_expires_at")
    assert message == {
        "message_id": message_id,
        "kind": TIMEOUT_KIND,
        "delivery_count": 1,
        "work_queue_id": pool["default_queue_id"],
        "target": target,
        "data": {"why": "late"},
    }
    assert len(token) > 30
    assert end.endswith("Z")


async def test_new_cleanup_is_handed_out_at_once(api: Api, address: str) -> None:
    pool = await api.create_pool()

    async with connected(address, **CLEANUP) as worker:
        message_id = await enqueue(api, pool)
        assert (await worker.receive(MESSAGE))["message_id"] == message_id


async def test_settled_cleanup_makes_room_for_the_next(api: Api, address: str) -> None:
    pool = await api.create_pool()
    first, second = [await enqueue(api, pool) for _ in range(2)]

    async with connected(address, **CLEANUP) as worker:
        message = await worker.receive(MESSAGE)
        assert message["message_id"] == first
        assert await worker.hears_nothing()

        answer = await worker.settle("ack", message)
        assert (answer["status"], answer["reason"], answer["lease_expires_at"]) == ("accepted", None, None)
        assert (await worker.receive(MESSAGE))["message_id"] == second


async def test_a_worker_gets_no_more_than_it_can_take(api: Api, address: str) -> None:
    pool = await api.create_pool()
    for _ in range(3):
        await enqueue(api, pool)

    async with connected(address, **CLEANUP, max_cleanup_concurrency=2) as worker:
        taken = {(await worker.receive(MESSAGE))["message_id"] for _ in range(2)}
        assert await worker.hears_nothing()

    assert len(taken) == 2


async def test_renewing_extends_the_lease(api: Api, address: str) -> None:
    pool = await api.create_pool()
    await enqueue(api, pool)

    async with connected(address, **CLEANUP) as worker:
        message = await worker.receive(MESSAGE)
        answer = await worker.settle("renew", message)

    assert answer["status"] == "accepted"
    assert answer["lease_expires_at"] > message["lease_expires_at"]


async def test_released_cleanup_comes_again_until_it_is_given_up(api: Api, address: str) -> None:
    pool = await api.create_pool()
    await enqueue(api, pool)

    async with connected(address, **CLEANUP) as worker:
        for count in (1, 2, 3):
            message = await worker.receive(MESSAGE)
            assert message["delivery_count"] == count
            answer = await worker.settle("release", message, reason="busy")
            assert answer["status"] == "accepted"
        answer = await worker.settle("ack", message)
        assert await worker.hears_nothing()

    assert (answer["status"], answer["reason"]) == ("dead_lettered", "dead_lettered")
    assert answer["detail"]


async def test_a_wrong_token_is_refused(api: Api, address: str) -> None:
    pool = await api.create_pool()
    await enqueue(api, pool)

    async with connected(address, **CLEANUP) as worker:
        message = await worker.receive(MESSAGE)
        wrong = await worker.settle("ack", message, reservation_token="guessed")
        unknown = await worker.settle("ack", message, message_id=str(uuid4()))

    assert wrong["status"] == "invalid_token"
    assert unknown["status"] == "not_found"


async def test_without_the_capability_nothing_is_handed_out(api: Api, address: str) -> None:
    pool = await api.create_pool()
    message_id = await enqueue(api, pool)

    async with connected(address) as worker:
        assert await worker.hears_nothing()
        answer = await worker.settle("ack", {"message_id": message_id, "reservation_token": "x"})

    assert answer["status"] == "unauthorized"


async def test_only_kinds_that_the_worker_handles_are_handed_out(api: Api, address: str) -> None:
    pool = await api.create_pool()
    await enqueue(api, pool, kind="pending_claim_teardown.v1")

    async with connected(address, **CLEANUP) as worker:
        assert await worker.hears_nothing()


async def test_the_worker_of_the_queue_goes_first(api: Api, address: str) -> None:
    pool = await api.create_pool()
    queue = await api.create_queue("high")

    async with (
        connected(address, worker="other", work_queue_names=["default"], **CLEANUP) as other,
        connected(address, worker="own", work_queue_names=["high"], **CLEANUP) as own,
    ):
        first = await enqueue(api, pool, queue["id"])
        assert (await own.receive(MESSAGE))["message_id"] == first
        second = await enqueue(api, pool, queue["id"])
        assert (await other.receive(MESSAGE))["message_id"] == second


async def test_workers_take_turns(api: Api, address: str) -> None:
    pool = await api.create_pool()

    async with (
        connected(address, worker="a", **CLEANUP) as one,
        connected(address, worker="b", **CLEANUP) as two,
    ):
        first = await enqueue(api, pool)
        message = await one.receive(MESSAGE)
        await one.settle("ack", message)
        second = await enqueue(api, pool)
        assert message["message_id"] == first
        assert (await two.receive(MESSAGE))["message_id"] == second


async def test_a_release_needs_a_reason(api: Api, address: str) -> None:
    await api.create_pool()
    payload = {"message_id": str(uuid4()), "reservation_token": "x"}

    async with connected(address, **CLEANUP) as worker:
        await send(worker.connection, frame("cleanup.release.v1", payload))
        assert await close_of(worker.connection) == (1002, "protocol_error")


async def test_a_worker_that_went_leaves_its_cleanup_to_others(api: Api, address: str) -> None:
    api.app.state.cleanup_dispatcher.lease_seconds = 0.3
    pool = await api.create_pool()
    message_id = await enqueue(api, pool)
    async with connected(address, worker="gone", **CLEANUP) as gone:
        await gone.receive(MESSAGE)

    async with connected(address, worker="next", **CLEANUP) as worker:
        again = await worker.receive(MESSAGE)

    assert (again["message_id"], again["delivery_count"]) == (message_id, 2)
