"""Changing work pools (workers.md 3.10, 4.1)."""

from datetime import timedelta
from typing import Any

import pytest

from penstock.core.clock import utc_now
from penstock.schemas.actions import WorkPoolCreate
from penstock.server.models import workers
from tests.api.driver import Api, problems, template

conformance = pytest.mark.conformance


@conformance(45)
async def test_pause_and_limit_are_stored_and_told_once_each(api: Api) -> None:
    await api.create_pool()
    await api.forget_events()

    await api.patch("work_pools/pool", {"is_paused": True, "concurrency_limit": 4})

    pool = await api.read_pool()
    assert (pool["is_paused"], pool["status"], pool["concurrency_limit"]) == (True, "PAUSED", 4)
    assert sorted(await api.event_names()) == ["work-pool.paused", "work-pool.updated"]


@conformance(46)
async def test_a_resumed_pool_without_a_worker_is_not_ready(api: Api) -> None:
    await api.create_pool(is_paused=True)
    await api.forget_events()

    await api.patch("work_pools/pool", {"is_paused": False})

    assert (await api.read_pool())["status"] == "NOT_READY"
    assert await api.event_names() == ["work-pool.not-ready"]


@conformance(47, 48)
async def test_a_paused_pool_stays_paused_until_resumed_and_is_ready_with_a_worker(api: Api) -> None:
    await api.create_pool(is_paused=True)
    await api.forget_events()

    await api.heartbeat()
    assert (await api.read_pool())["status"] == "PAUSED"
    assert await api.event_names() == []

    await api.patch("work_pools/pool", {"is_paused": False})
    assert (await api.read_pool())["status"] == "READY"
    assert await api.event_names() == ["work-pool.ready"]


@conformance(49)
async def test_a_description_is_changed_and_told(api: Api) -> None:
    await api.create_pool()
    await api.heartbeat()
    await api.forget_events()

    await api.patch("work_pools/pool", {"description": "d"})

    pool = await api.read_pool()
    assert (pool["description"], pool["status"]) == ("d", "READY")
    [event] = await api.events()
    assert event.event == "prefect.work-pool.updated"
    assert event.payload == {
        "updated_fields": ["description"],
        "updates": {"description": {"from": None, "to": "d"}},
    }
    assert event.related == []


@conformance(50)
async def test_fields_are_told_in_the_order_of_the_schema(api: Api) -> None:
    await api.create_pool()
    await api.forget_events()

    await api.patch(
        "work_pools/pool",
        {"concurrency_limit": 4, "base_job_template": template(), "description": "d"},
    )

    [event] = await api.events()
    assert event.payload["updated_fields"] == ["description", "base_job_template", "concurrency_limit"]


@conformance(51, 56)
@pytest.mark.parametrize("body", [{}, {"description": "same", "concurrency_limit": 3}])
async def test_what_changes_nothing_is_not_told(api: Api, body: dict[str, Any]) -> None:
    pool = await api.create_pool(description="same", concurrency_limit=3)
    await api.forget_events()

    await api.patch("work_pools/pool", body)

    assert await api.event_names() == []
    assert await api.read_pool() | {"updated": 0} == pool | {"updated": 0}


@conformance(52)
async def test_null_clears_the_limit_and_the_description_and_zero_is_a_limit(api: Api) -> None:
    await api.create_pool(concurrency_limit=3, description="d")

    await api.patch("work_pools/pool", {"concurrency_limit": None, "description": None})
    cleared = await api.read_pool()
    await api.patch("work_pools/pool", {"concurrency_limit": 0})

    assert (cleared["concurrency_limit"], cleared["active_slots"], cleared["description"]) == (
        None,
        None,
        None,
    )
    assert (await api.read_pool())["concurrency_limit"] == 0


@conformance(53, 55, 62)
@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({"concurrency_limit": -5}, "concurrency_limit"),
        ({"name": "other"}, "name"),
        ({"type": "docker"}, "type"),
        ({"status": "READY"}, "status"),
        ({"base_job_template": None}, "base_job_template"),
        ({"is_paused": None}, "is_paused"),
        ({"storage_configuration": None}, "storage_configuration"),
        ({"storage_configuration": {"other": 1}}, "other"),
    ],
)
async def test_bad_changes_are_refused_and_leave_the_pool(api: Api, body: dict[str, Any], named: str) -> None:
    pool = await api.create_pool(concurrency_limit=3)

    assert named in problems(await api.patch("work_pools/pool", body, expect=422))
    assert await api.read_pool() == pool


@conformance(54)
async def test_storage_is_replaced_as_a_whole_or_left(api: Api) -> None:
    storage = {"bundle_upload_step": {"a": 1}, "bundle_execution_step": {"b": 2}}
    await api.create_pool(storage_configuration=storage)

    await api.patch("work_pools/pool", {"description": "d"})
    kept = (await api.read_pool())["storage_configuration"]
    await api.patch("work_pools/pool", {"storage_configuration": {"bundle_upload_step": {"c": 3}}})
    replaced = (await api.read_pool())["storage_configuration"]
    await api.patch("work_pools/pool", {"storage_configuration": {}})
    cleared = (await api.read_pool())["storage_configuration"]

    assert kept == {**storage, "default_result_storage_block_id": None}
    assert replaced["bundle_upload_step"] == {"c": 3}
    assert replaced["bundle_execution_step"] is None
    assert set(cleared.values()) == {None}


@conformance(57)
async def test_of_a_reserved_pool_only_pause_and_limit_change(api: Api) -> None:
    await _create_reserved(api)

    await api.patch("work_pools/Prefect one", {"is_paused": True, "concurrency_limit": 2})
    answer = await api.patch("work_pools/Prefect one", {"is_paused": False, "description": "d"}, expect=403)

    assert "reserved" in answer["detail"]
    pool = await api.read_pool("Prefect one")
    assert (pool["is_paused"], pool["concurrency_limit"], pool["description"]) == (True, 2, None)


@conformance(58)
async def test_an_unknown_pool_is_not_found(api: Api) -> None:
    answer = await api.patch("work_pools/absent", {"is_paused": True}, expect=404)

    assert answer == {"detail": 'Work pool "absent" not found.'}


@conformance(59, 63)
@pytest.mark.parametrize(
    ("bad", "named"),
    [
        ({"job_configuration": {"a": "b"}}, "variables"),
        (template(configuration={"command": "{{ absent }}"}), "absent"),
        (template(count={"type": "integer", "default": "many"}), "count"),
        (template(count={"type": "whole"}), "schema"),
    ],
)
async def test_a_new_template_obeys_the_rules_of_creation(api: Api, bad: dict[str, Any], named: str) -> None:
    await api.create_pool(base_job_template=template())

    answer = await api.patch("work_pools/pool", {"base_job_template": bad}, expect=422)

    assert named in problems(answer)
    assert (await api.read_pool())["base_job_template"] == template()


@conformance(60)
@pytest.mark.parametrize(("minutes", "follows"), [(9, True), (11, False)])
async def test_a_status_event_follows_one_of_the_last_ten_minutes(
    api: Api, minutes: int, follows: bool
) -> None:
    pool = await api.create_pool()
    await api.forget_events()
    await api.patch("work_pools/pool", {"is_paused": True})
    [first] = await api.events()
    assert first.follows is None
    earlier = utc_now() - timedelta(minutes=minutes)
    await api.change(api.db.WorkPool, pool["id"], last_transitioned_status_at=earlier)

    await api.patch("work_pools/pool", {"is_paused": False})

    second = (await api.events())[1]
    assert second.follows == (first.id if follows else None)


@conformance(214)
async def test_the_status_event_is_the_one_the_pool_remembers(api: Api) -> None:
    pool = await api.create_pool()
    await api.forget_events()

    await api.patch("work_pools/pool", {"is_paused": True})

    [event] = await api.events()
    row = await api.row(api.db.WorkPool, pool["id"])
    assert (row.last_status_event_id, row.last_transitioned_status_at) == (event.id, event.occurred)
    assert "prefect.resource.role" not in event.resource


@conformance(61)
async def test_an_agents_pool_shows_and_tells_no_status(api: Api) -> None:
    await api.create_pool(type="prefect-agent")

    await api.patch("work_pools/pool", {"is_paused": True})

    pool = await api.read_pool()
    assert (pool["is_paused"], pool["status"]) == (True, None)
    assert await api.event_names() == ["work-queue.created", "work-pool.created"]


@conformance(62)
async def test_a_second_pause_is_not_told_again(api: Api) -> None:
    await api.create_pool()
    await api.forget_events()

    await api.patch("work_pools/pool", {"is_paused": True})
    await api.patch("work_pools/pool", {"is_paused": True})

    assert await api.event_names() == ["work-pool.paused"]


async def _create_reserved(api: Api) -> None:
    async with api.db.session_context(begin_transaction=True) as session:
        await workers.create_work_pool(
            session=session, work_pool=WorkPoolCreate(name="Prefect one", type="process")
        )
