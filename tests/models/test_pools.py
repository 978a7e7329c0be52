"""Creating, reading and counting work pools (workers.md 3.1-3.5, 9.1)."""

from uuid import uuid4

import pytest
from sqlalchemy.exc import IntegrityError

from penstock import schemas
from penstock.core.clock import utc_now
from penstock.core.ids import uuid7
from penstock.schemas.filters import (
    Operator,
    WorkPoolFilter,
    WorkPoolFilterId,
    WorkPoolFilterName,
    WorkPoolFilterType,
)
from penstock.schemas.statuses import WorkPoolStatus
from penstock.server.models import events, workers
from tests.support.factories import event_names, ids, last_event, make_pool, set_columns

STORAGE = schemas.core.WorkPoolStorageConfiguration(
    bundle_upload_step={"upload": {"bucket": "b"}},
    bundle_execution_step={"execute": {"bucket": "b"}},
    default_result_storage_block_id=uuid4(),
)


@pytest.mark.conformance(1, 3)
async def test_new_pool_has_the_defaults_of_the_contract(session):
    pool = await make_pool(session, "p")
    assert (pool.name, pool.type, pool.description) == ("p", "process", None)
    assert (pool.is_paused, pool.concurrency_limit, pool.base_job_template) == (False, None, {})
    assert pool.status == WorkPoolStatus.NOT_READY
    assert pool.storage_configuration == schemas.core.WorkPoolStorageConfiguration()
    assert pool.last_status_event_id is pool.last_transitioned_status_at is None
    assert pool.created.tzinfo is not None
    assert pool.created <= pool.updated <= utc_now()


@pytest.mark.conformance(2, 3, 4)
@pytest.mark.parametrize(
    ("type_", "paused", "status"),
    [
        ("process", False, WorkPoolStatus.NOT_READY),
        ("process", True, WorkPoolStatus.PAUSED),
        ("prefect-agent", False, WorkPoolStatus.NOT_READY),
        ("prefect-agent", True, WorkPoolStatus.NOT_READY),
    ],
)
async def test_status_of_a_new_pool(session, type_: str, paused: bool, status: WorkPoolStatus):
    pool = await make_pool(session, type=type_, is_paused=paused)
    assert pool.status == status
    assert pool.is_paused is paused


@pytest.mark.conformance(6)
async def test_new_pool_has_one_queue_its_default(session):
    pool = await make_pool(session)
    (queue,) = await workers.read_work_queues(session=session, work_pool_id=pool.id)
    assert (queue.name, queue.priority, queue.id) == ("default", 1, pool.default_queue_id)
    assert queue.description
    assert not queue.is_paused
    assert queue.concurrency_limit is None


async def test_what_is_stored_is_what_was_given(session):
    template = {
        "job_configuration": {"command": "{{ command }}"},
        "variables": {"properties": {"command": {}}},
    }
    await make_pool(
        session, "p", description="d", concurrency_limit=0, is_paused=True,
        base_job_template=template, storage_configuration=STORAGE,
    )  # fmt: skip
    await session.commit()
    session.expunge_all()
    pool = await workers.read_work_pool_by_name(session=session, work_pool_name="p")
    assert (pool.description, pool.concurrency_limit, pool.is_paused) == ("d", 0, True)
    assert pool.base_job_template == template
    assert pool.storage_configuration == STORAGE


async def test_pool_may_be_created_from_a_core_model(session):
    model = schemas.core.WorkPool(name="p", type="process", concurrency_limit=3)
    pool = await workers.create_work_pool(session=session, work_pool=model)
    assert (pool.id, pool.concurrency_limit, pool.status) == (model.id, 3, WorkPoolStatus.NOT_READY)
    assert pool.default_queue_id is not None


@pytest.mark.conformance(7)
async def test_name_taken_is_an_integrity_error(session):
    first = await make_pool(session, "p", description="first")
    await session.commit()
    with pytest.raises(IntegrityError):
        await make_pool(session, "p", description="second")
    await session.rollback()
    (pool,) = await workers.read_work_pools(session=session)
    assert (pool.id, pool.description) == (first.id, "first")


@pytest.mark.conformance(8, 29)
async def test_names_are_case_sensitive(session):
    lower, upper = await make_pool(session, "pool"), await make_pool(session, "Pool")
    for pool in (lower, upper):
        found = await workers.read_work_pool_by_name(session=session, work_pool_name=pool.name)
        assert found.id == pool.id
    assert await workers.read_work_pool_by_name(session=session, work_pool_name="POOL") is None


async def test_models_may_create_pools_with_reserved_names(session):
    assert (await make_pool(session, "Prefect pool")).name == "Prefect pool"


@pytest.mark.conformance(28)
async def test_read_by_id_is_fresh_and_none_for_unknown(db, session):
    pool = await make_pool(session)
    await session.commit()
    assert await workers.read_work_pool(session=session, work_pool_id=uuid4()) is None
    await session.commit()
    async with db.session_context(begin_transaction=True) as other:
        update = schemas.actions.WorkPoolUpdate(description="new")
        await workers.update_work_pool(session=other, work_pool_id=pool.id, work_pool=update)
    found = await workers.read_work_pool(session=session, work_pool_id=pool.id)
    assert found.description == "new"


@pytest.mark.conformance(30)
async def test_stored_template_that_breaks_todays_rules_is_readable(session):
    pool = await make_pool(session)
    await set_columns(session, pool, base_job_template={"job_configuration": "{{ nowhere }}"})
    (found,) = await workers.read_work_pools(session=session)
    assert found.base_job_template == {"job_configuration": "{{ nowhere }}"}


# ── events ────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.conformance(26)
async def test_creation_records_the_queue_then_the_pool(session):
    pool = await make_pool(session, "p")
    queue_event, pool_event = await events.read_events(session=session)
    labels = {
        "prefect.resource.id": f"prefect.work-pool.{pool.id}",
        "prefect.resource.name": "p",
        "prefect.resource.role": "work-pool",
        "prefect.work-pool.type": "process",
    }
    queue = f"prefect.work-queue.{pool.default_queue_id}"
    assert queue_event.event == "prefect.work-queue.created"
    assert queue_event.resource == {
        "prefect.resource.id": queue,
        "prefect.resource.name": "default",
        "prefect.resource.role": "work-queue",
    }
    assert queue_event.related == [labels]
    assert pool_event.event == "prefect.work-pool.created"
    assert pool_event.resource == labels
    assert pool_event.resource_id == f"prefect.work-pool.{pool.id}"
    assert pool_event.related == [{"prefect.resource.id": queue, "prefect.resource.role": "default-queue"}]
    assert (queue_event.payload, pool_event.payload) == ({}, {})
    assert queue_event.follows is pool_event.follows is None
    assert queue_event.id < pool_event.id


@pytest.mark.conformance(27)
async def test_result_storage_is_related_to_creation_and_deletion(session):
    pool = await make_pool(session, storage_configuration=STORAGE)
    await workers.delete_work_pool(session=session, work_pool_id=pool.id)
    storage = {
        "prefect.resource.id": f"prefect.block-document.{STORAGE.default_result_storage_block_id}",
        "prefect.resource.role": "result-storage",
    }
    for name in ("created", "deleted"):
        related = (await last_event(session, f"prefect.work-pool.{name}")).related
        assert [one["prefect.resource.role"] for one in related] == ["default-queue", "result-storage"]
        assert related[1] == storage


@pytest.mark.conformance(215)
async def test_rolled_back_creation_leaves_nothing(db, session):
    await make_pool(session)
    await session.rollback()
    async with db.session() as other:
        assert await event_names(other) == []
        assert await workers.count_work_pools(session=other) == 0


@pytest.mark.conformance(213)
async def test_no_event_without_changes_or_without_a_status(session):
    pool = await make_pool(session)
    agents = await make_pool(session, type="prefect-agent")
    before = await event_names(session)
    await workers.emit_work_pool_updated_event(session=session, work_pool=pool, changed_fields={})
    await workers.emit_work_pool_status_event(uuid7(), utc_now(), None, agents)
    await session.flush()
    assert await event_names(session) == before


@pytest.mark.conformance(214)
async def test_first_status_event_has_no_role_and_follows_nothing(session):
    pool = await make_pool(session, "p")
    event_id, occurred = uuid7(), utc_now()
    await workers.emit_work_pool_status_event(event_id, occurred, None, pool)
    event = await last_event(session, "prefect.work-pool.not-ready")
    assert (event.id, event.occurred, event.follows) == (event_id, occurred, None)
    assert event.resource == {
        "prefect.resource.id": f"prefect.work-pool.{pool.id}",
        "prefect.resource.name": "p",
        "prefect.work-pool.type": "process",
    }
    assert (event.related, event.payload) == ([], {})


# ── lists ─────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
async def three(session):
    """Three pools, created out of order."""
    return [
        await make_pool(session, name, type=type_)
        for name, type_ in (("c", "process"), ("a", "docker"), ("b", "process"))
    ]


def named(*names: str) -> WorkPoolFilter:
    return WorkPoolFilter(name=WorkPoolFilterName(any_=list(names)))


@pytest.mark.conformance(31, 32)
async def test_list_is_by_name_and_paged(session, three):
    async def names(**paging: int) -> list[str]:
        return [pool.name for pool in await workers.read_work_pools(session=session, **paging)]

    assert await names() == ["a", "b", "c"]
    assert await names(limit=2) == ["a", "b"]
    assert await names(offset=1) == ["b", "c"]
    assert await names(limit=1, offset=2) == ["c"]
    assert await names(limit=0) == []


@pytest.mark.conformance(33, 34, 37)
async def test_filters(session, three):
    process = WorkPoolFilterType(any_=["process"])
    for chosen, expected in [
        (None, ["a", "b", "c"]),
        (WorkPoolFilter(), ["a", "b", "c"]),
        (named("a", "c", "zzz"), ["a", "c"]),
        (named("A"), []),
        (named(), []),
        (WorkPoolFilter(type=process), ["b", "c"]),
        (WorkPoolFilter(id=WorkPoolFilterId(any_=ids(three)[:2])), ["a", "c"]),
        (WorkPoolFilter(id=WorkPoolFilterId(any_=[])), []),
        (WorkPoolFilter(name=named("a", "b").name, type=process), ["b"]),
        (WorkPoolFilter(name=named("a").name, type=process, operator=Operator.or_), ["a", "b", "c"]),
    ]:
        found = await workers.read_work_pools(session=session, work_pool_filter=chosen)
        assert [pool.name for pool in found] == expected
        counted = await workers.count_work_pools(session=session, work_pool_filter=chosen)
        assert counted == len(expected)
