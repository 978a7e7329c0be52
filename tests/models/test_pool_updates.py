"""Changing work pools: fields, status, events (workers.md 3.10, 9.1)."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from penstock import schemas
from penstock.core.clock import utc_now
from penstock.core.errors import ObjectNotFoundError
from penstock.schemas.statuses import WorkPoolStatus
from penstock.server.database.orm_models import WorkPool
from penstock.server.models import workers
from tests.support.factories import ago, event_names, last_event, make_pool, set_columns

TEMPLATE = {"job_configuration": {"env": "{{ env }}"}, "variables": {"properties": {"env": {}}}}
STORAGE = schemas.core.WorkPoolStorageConfiguration(bundle_upload_step={"step": 1})


async def update(session: AsyncSession, pool: WorkPool, **fields: Any) -> list[str]:
    """Update a pool as the API does; returns the names of the events that this recorded."""
    before = await event_names(session)
    assert await workers.update_work_pool(
        session=session,
        work_pool_id=pool.id,
        work_pool=schemas.actions.InternalWorkPoolUpdate(**fields),
        emit_status_change=workers.emit_work_pool_status_event,
    )
    recorded = (await event_names(session))[len(before) :]
    await session.refresh(pool)
    return [name.removeprefix("work-pool.") for name in recorded]


async def hear(session: AsyncSession, pool: WorkPool) -> None:
    """Let a worker send a heartbeat; the pool's row is left alone."""
    await workers.worker_heartbeat(session=session, work_pool_id=pool.id, worker_name="w")


@pytest.mark.conformance(45)
async def test_pause_and_limit_together(session):
    pool = await make_pool(session)
    assert await update(session, pool, is_paused=True, concurrency_limit=5) == ["updated", "paused"]
    assert (pool.is_paused, pool.concurrency_limit, pool.status) == (True, 5, WorkPoolStatus.PAUSED)


@pytest.mark.conformance(46, 47)
@pytest.mark.parametrize(("heard", "event"), [(False, "not-ready"), (True, "ready")])
async def test_resumed_pool_is_ready_if_a_worker_is_online(session, heard: bool, event: str):
    pool = await make_pool(session, is_paused=True)
    if heard:
        await hear(session, pool)
    assert await update(session, pool, is_paused=False) == [event]
    assert pool.status == (WorkPoolStatus.READY if heard else WorkPoolStatus.NOT_READY)


@pytest.mark.conformance(46)
async def test_worker_gone_silent_does_not_make_a_resumed_pool_ready(session):
    pool = await make_pool(session, is_paused=True)
    await hear(session, pool)
    (worker,) = await workers.read_workers(session=session, work_pool_id=pool.id)
    worker.last_heartbeat_time = ago(seconds=91)
    await session.flush()
    assert await update(session, pool, is_paused=False) == ["not-ready"]


@pytest.mark.conformance(62)
async def test_repeated_pause_and_resume_record_one_event_each(session):
    pool = await make_pool(session)
    assert await update(session, pool, is_paused=True) == ["paused"]
    stored = pool.last_status_event_id, pool.last_transitioned_status_at
    assert await update(session, pool, is_paused=True) == []
    assert (pool.last_status_event_id, pool.last_transitioned_status_at) == stored
    assert await update(session, pool, is_paused=False) == ["not-ready"]
    assert await update(session, pool, is_paused=False) == []


@pytest.mark.conformance(47)
async def test_not_pausing_notices_a_worker_that_is_online(session):
    pool = await make_pool(session)
    await hear(session, pool)
    assert await update(session, pool, is_paused=False) == ["ready"]


@pytest.mark.conformance(61)
async def test_agent_pool_has_no_status(session):
    pool = await make_pool(session, type="prefect-agent")
    assert await update(session, pool, is_paused=True) == []
    assert (pool.is_paused, pool.status) == (True, WorkPoolStatus.NOT_READY)
    assert await update(session, pool, status=WorkPoolStatus.READY) == []
    assert pool.status == WorkPoolStatus.READY


@pytest.mark.conformance(49)
async def test_description_changes_no_status(session):
    pool = await make_pool(session)
    assert await update(session, pool, description="d") == ["updated"]
    assert (pool.description, pool.status) == ("d", WorkPoolStatus.NOT_READY)
    event = await last_event(session, "prefect.work-pool.updated")
    assert event.payload == {
        "updated_fields": ["description"],
        "updates": {"description": {"from": None, "to": "d"}},
    }
    assert event.resource["prefect.resource.role"] == "work-pool"
    assert event.related == []


@pytest.mark.conformance(50)
async def test_one_event_names_the_changed_fields_in_the_order_of_the_schema(session):
    pool = await make_pool(session)
    fields = {
        "storage_configuration": STORAGE,
        "concurrency_limit": 4,
        "base_job_template": TEMPLATE,
        "description": "d",
    }
    assert await update(session, pool, **fields) == ["updated"]
    payload = (await last_event(session, "prefect.work-pool.updated")).payload
    assert payload["updated_fields"] == [*reversed(fields)]
    assert payload["updates"]["concurrency_limit"] == {"from": None, "to": 4}
    assert payload["updates"]["base_job_template"] == {"from": {}, "to": TEMPLATE}
    assert payload["updates"]["storage_configuration"]["to"]["bundle_upload_step"] == {"step": 1}


@pytest.mark.conformance(51)
async def test_same_values_again_are_no_change(session):
    pool = await make_pool(session, description="d", concurrency_limit=1, base_job_template=TEMPLATE)
    same = {"description": "d", "concurrency_limit": 1, "base_job_template": TEMPLATE}
    assert await update(session, pool, **same, storage_configuration={}) == []
    assert await update(session, pool, **same | {"concurrency_limit": 2}) == ["updated"]
    payload = (await last_event(session, "prefect.work-pool.updated")).payload
    assert payload["updated_fields"] == ["concurrency_limit"]


@pytest.mark.conformance(52)
async def test_limit_is_cleared_by_null_and_may_be_zero(session):
    pool = await make_pool(session, concurrency_limit=3, description="d")
    assert await update(session, pool, concurrency_limit=0) == ["updated"]
    assert pool.concurrency_limit == 0
    assert await update(session, pool, concurrency_limit=None, description=None) == ["updated"]
    assert pool.concurrency_limit is pool.description is None


@pytest.mark.conformance(54)
async def test_storage_is_replaced_as_a_whole_or_kept(session):
    pool = await make_pool(session, storage_configuration=STORAGE)
    await update(session, pool, description="d")
    assert pool.storage_configuration == STORAGE
    assert await update(session, pool, storage_configuration={}) == ["updated"]
    assert pool.storage_configuration == schemas.core.WorkPoolStorageConfiguration()


@pytest.mark.conformance(56)
async def test_empty_update_changes_and_records_nothing(session):
    pool = await make_pool(session)
    updated = pool.updated
    assert await update(session, pool) == []
    assert pool.updated == updated


async def test_updated_moves_with_every_change(session):
    pool = await make_pool(session)
    before = pool.updated
    await update(session, pool, description="d")
    assert before < pool.updated <= utc_now()


@pytest.mark.conformance(58)
async def test_unknown_pool_is_not_found(session):
    with pytest.raises(ObjectNotFoundError):
        await workers.update_work_pool(
            session=session, work_pool_id=uuid4(), work_pool=schemas.actions.WorkPoolUpdate(is_paused=True)
        )


@pytest.mark.conformance(60)
@pytest.mark.parametrize(("gap", "follows"), [(timedelta(minutes=9), True), (timedelta(minutes=11), False)])
async def test_status_event_follows_the_one_before_for_ten_minutes(session, gap: timedelta, follows: bool):
    pool = await make_pool(session)
    await update(session, pool, is_paused=True)
    first = await last_event(session, "prefect.work-pool.paused")
    assert first.follows is None
    await set_columns(session, pool, last_transitioned_status_at=utc_now() - gap)
    await update(session, pool, is_paused=False)
    second = await last_event(session, "prefect.work-pool.not-ready")
    assert second.follows == (first.id if follows else None)


@pytest.mark.conformance(214)
async def test_status_event_is_the_one_stored_on_the_row(session):
    pool = await make_pool(session)
    await update(session, pool, is_paused=True)
    event = await last_event(session, "prefect.work-pool.paused")
    assert event.id == pool.last_status_event_id
    assert event.occurred == pool.last_transitioned_status_at
    assert "prefect.resource.role" not in event.resource


@pytest.mark.conformance(45)
async def test_callback_gets_the_pool_as_it_was_and_as_it_is(session):
    pool = await make_pool(session, description="old")
    calls = []

    async def note(event_id, occurred, before, after) -> None:
        calls.append((event_id, occurred, before.status, before.description, after.status, after.description))

    await workers.update_work_pool(
        session=session,
        work_pool_id=pool.id,
        work_pool=schemas.actions.WorkPoolUpdate(is_paused=True, description="new"),
        emit_status_change=note,
        emit_update_event=False,
    )
    stored = pool.last_status_event_id, pool.last_transitioned_status_at
    assert calls == [(*stored, WorkPoolStatus.NOT_READY, "old", WorkPoolStatus.PAUSED, "new")]
    assert "work-pool.updated" not in await event_names(session)


@pytest.mark.conformance(215)
async def test_rolled_back_update_leaves_no_event(db, session):
    pool = await make_pool(session)
    await session.commit()
    await update(session, pool, is_paused=True, description="d")
    await session.rollback()
    async with db.session() as other:
        assert await event_names(other) == ["work-queue.created", "work-pool.created"]


async def test_pool_that_points_to_no_queue_is_refused_by_the_database(session):
    pool = await make_pool(session)
    with pytest.raises(IntegrityError):
        await set_columns(session, pool, default_queue_id=uuid4())
