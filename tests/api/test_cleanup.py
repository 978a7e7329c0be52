"""Cleanup by plain requests, and the dead letters (design, section 3)."""

from typing import Any
from uuid import uuid4

import pytest

from penstock.server.models import cleanup_messages
from penstock.server.services import CleanupLeases
from tests.api.driver import Api

KIND = "cancelling_timeout_teardown.v1"


@pytest.fixture
async def pool_id(api: Api) -> Any:
    """The id of the pool."""
    await api.create_pool()
    return (await api.row(api.db.WorkPool, (await api.read_pool())["id"])).id


async def ask(api: Api, pool_id: Any, place: str | None, kind: str = KIND) -> dict[str, Any]:
    """Put a message, and return its target."""
    target = {"flow_run_id": str(uuid4()), "infrastructure_pid": place}
    async with api.db.session_context(begin_transaction=True) as session:
        await cleanup_messages.enqueue_cleanup_message(
            session=session,
            message_id=uuid4(),
            work_pool_id=pool_id,
            kind=kind,
            idempotency_key=str(uuid4()),
            target=target,
        )
    return target


async def claim(api: Api, *hosts: str, **body: Any) -> list[dict[str, Any]]:
    asked = {"worker_name": "w", "hosts": list(hosts), "kinds": [KIND], **body}
    found: list[dict[str, Any]] = await api.post("work_pools/pool/cleanup/claim", asked)
    return found


async def settle(api: Api, claimed: dict[str, Any], outcome: str, *, expect: int = 204, **body: Any) -> Any:
    path = f"work_pools/pool/cleanup/{claimed['message_id']}/settle"
    return await api.post(path, {"token": claimed["token"], "outcome": outcome, **body}, expect=expect)


async def test_a_worker_takes_only_what_is_on_its_machine(api: Api, pool_id: Any) -> None:
    mine = await ask(api, pool_id, "a_c:1")
    await ask(api, pool_id, "abc:1")
    await ask(api, pool_id, None)
    await ask(api, pool_id, "a_c:2", kind="other")

    [claimed] = await claim(api, "a_c")

    assert (claimed["target"], claimed["attempt"]) == (mine, 1)
    assert await claim(api, "a_c") == []
    assert len(await claim(api, "abc", "d")) == 1


async def test_what_is_done_is_settled_once(api: Api, pool_id: Any) -> None:
    await ask(api, pool_id, "h:1")
    [claimed] = await claim(api, "h")

    assert "Another" in (await settle(api, claimed | {"token": "x"}, "done", expect=409))["detail"]
    await settle(api, claimed, "done")
    await settle(api, claimed, "done", expect=404)
    assert await claim(api, "h") == []
    assert await api.post("dead_letters/count") == 0


async def fail_three_times(api: Api, pool_id: Any) -> dict[str, Any]:
    target = await ask(api, pool_id, "h:1")
    for attempt in (1, 2, 3):
        [claimed] = await claim(api, "h")
        assert claimed["attempt"] == attempt
        await settle(api, claimed, "failed", detail="It survived SIGKILL.")
    assert await claim(api, "h") == []
    return target


async def test_what_fails_again_and_again_is_a_dead_letter(api: Api, pool_id: Any) -> None:
    target = await fail_three_times(api, pool_id)

    [dead] = await api.post("dead_letters/filter")

    assert {key: dead[key] for key in target} == target
    assert (dead["work_pool_name"], dead["attempts"]) == ("pool", 3)
    assert dead["reason"] == "It survived SIGKILL."
    assert dead["dead_since"] >= dead["asked_at"]
    assert await api.post("dead_letters/count", {"work_pool_names": ["pool"]}) == 1
    assert await api.post("dead_letters/count", {"work_pool_names": ["other"]}) == 0
    assert await api.post("dead_letters/filter", {"work_pool_names": ["other"]}) == []


async def test_a_dead_letter_is_tried_again_or_forgotten(api: Api, pool_id: Any) -> None:
    await fail_three_times(api, pool_id)
    [dead] = await api.post("dead_letters/filter")

    await api.post(f"dead_letters/{dead['id']}/retry", expect=204)
    assert await api.post("dead_letters/count") == 0
    for _ in range(3):
        [claimed] = await claim(api, "h")
        await settle(api, claimed, "failed")
    await api.delete(f"dead_letters/{dead['id']}")

    assert await api.post("dead_letters/count") == 0
    assert await claim(api, "h") == []
    await api.delete(f"dead_letters/{dead['id']}", expect=404)
    await api.post(f"dead_letters/{uuid4()}/retry", expect=404)


async def test_what_nobody_takes_is_a_dead_letter_too(api: Api, pool_id: Any) -> None:
    await ask(api, pool_id, "gone:1")
    service = CleanupLeases(api.db, interval_seconds=1, max_attempts=3, untaken_seconds=60)
    await service.run_once()
    assert await api.post("dead_letters/count") == 0

    service = CleanupLeases(api.db, interval_seconds=1, max_attempts=3, untaken_seconds=-1)
    await service.run_once()

    [dead] = await api.post("dead_letters/filter")
    assert (dead["infrastructure_pid"], dead["attempts"]) == ("gone:1", 0)
    assert dead["reason"] == cleanup_messages.NOBODY_TOOK_IT


@pytest.mark.parametrize(
    "body", [{}, {"hosts": []}, {"worker_name": "w", "hosts": ["h"], "kinds": ["k"], "limit": 0}]
)
async def test_a_bad_claim_is_refused(api: Api, pool_id: Any, body: dict[str, Any]) -> None:
    await api.post("work_pools/pool/cleanup/claim", body, expect=422)


async def test_another_pools_cleanup_is_not_settled_here(api: Api, pool_id: Any) -> None:
    await ask(api, pool_id, "h:1")
    [claimed] = await claim(api, "h")
    await api.create_pool("other")

    path = f"work_pools/other/cleanup/{claimed['message_id']}/settle"
    await api.post(path, {"token": claimed["token"], "outcome": "done"}, expect=404)
    await settle(api, claimed, "done")
