"""Creating and reading work queues (workers.md 3.13, 3.15-3.18, 9.3)."""

from uuid import uuid4

import pytest
from sqlalchemy.exc import IntegrityError

from penstock.core.errors import ObjectNotFoundError
from penstock.schemas.filters import Operator, WorkQueueFilter, WorkQueueFilterId, WorkQueueFilterName
from penstock.schemas.statuses import WorkQueueStatus
from penstock.server.models import workers
from tests.support.factories import (
    default_queue,
    event_names,
    last_event,
    make_pool,
    make_queue,
    make_queues,
    set_columns,
)


async def priorities(session, pool) -> dict[str, int]:
    """Read the priorities of a pool's queues by name."""
    found = await workers.read_work_queues(session=session, work_pool_id=pool.id)
    return {queue.name: queue.priority for queue in found}


@pytest.mark.conformance(119)
async def test_queues_line_up_behind_the_default_one(session):
    pool = await make_pool(session)
    queues = await make_queues(session, pool, "a", "b", "c")
    assert [queue.priority for queue in queues] == [2, 3, 4]


@pytest.mark.conformance(120)
async def test_given_priority_pushes_the_others_up(session):
    pool = await make_pool(session)
    queue = await make_queue(session, pool, "first", priority=1)
    assert queue.priority == 1
    assert await priorities(session, pool) == {"first": 1, "default": 2}


@pytest.mark.conformance(121)
async def test_high_priority_leaves_a_gap_that_the_next_fills(session):
    pool = await make_pool(session)
    await make_queue(session, pool, "high", priority=99)
    await make_queue(session, pool, "next")
    assert await priorities(session, pool) == {"default": 1, "next": 2, "high": 99}


@pytest.mark.conformance(122)
async def test_first_gap_is_used(session):
    pool = await make_pool(session)
    for priority in (4, 5):
        await make_queue(session, pool, f"p{priority}", priority=priority)
    assert [(await make_queue(session, pool)).priority for _ in range(3)] == [2, 3, 6]


@pytest.mark.conformance(122)
async def test_gap_is_found_even_where_priorities_are_equal_already(session):
    pool = await make_pool(session)
    a, b = await make_queues(session, pool, "a", "b")
    await set_columns(session, a, priority=1)
    await set_columns(session, b, priority=1)
    assert (await make_queue(session, pool, "c")).priority == 2


@pytest.mark.conformance(123)
async def test_what_is_stored_is_what_was_given(session):
    pool = await make_pool(session)
    await make_queue(session, pool, "q", description="d", is_paused=True, concurrency_limit=0)
    await session.commit()
    session.expunge_all()
    queue = await workers.read_work_queue_by_name(
        session=session, work_pool_name=pool.name, work_queue_name="q"
    )
    assert (queue.description, queue.is_paused, queue.concurrency_limit) == ("d", True, 0)
    assert (queue.last_polled, queue.filter, queue.work_pool_id) == (None, None, pool.id)


async def test_null_description_is_an_empty_one(session):
    queue = await make_queue(session, await make_pool(session), description=None)
    assert queue.description == ""


@pytest.mark.conformance(115)
@pytest.mark.parametrize(
    ("paused", "status"), [(False, WorkQueueStatus.NOT_READY), (True, WorkQueueStatus.PAUSED)]
)
async def test_status_of_a_new_queue(session, paused: bool, status: WorkQueueStatus):
    queue = await make_queue(session, await make_pool(session), is_paused=paused)
    assert queue.status == status


@pytest.mark.conformance(124)
async def test_name_is_unique_in_its_pool_alone(session):
    pool, other = await make_pool(session), await make_pool(session)
    await make_queue(session, pool, "q")
    assert (await make_queue(session, other, "q")).work_pool_id == other.id
    with pytest.raises(IntegrityError):
        async with session.begin_nested():
            await make_queue(session, pool, "q", priority=1)
    await session.refresh(pool)
    assert await priorities(session, pool) == {"default": 1, "q": 2}


@pytest.mark.conformance(126)
async def test_unknown_pool_is_not_found(session):
    pool = await make_pool(session)
    pool.id = uuid4()
    with session.no_autoflush, pytest.raises(ObjectNotFoundError):
        await make_queue(session, pool)


@pytest.mark.conformance(127)
async def test_creation_is_recorded_with_the_pool(session):
    pool = await make_pool(session)
    queue = await make_queue(session, pool, "q", priority=1)
    event = await last_event(session, "prefect.work-queue.created")
    assert event.resource == {
        "prefect.resource.id": f"prefect.work-queue.{queue.id}",
        "prefect.resource.name": "q",
        "prefect.resource.role": "work-queue",
    }
    assert event.related == [
        {
            "prefect.resource.id": f"prefect.work-pool.{pool.id}",
            "prefect.resource.name": pool.name,
            "prefect.resource.role": "work-pool",
            "prefect.work-pool.type": "process",
        }
    ]
    assert event.payload == {}
    # the default queue moved, which is not an event
    assert (await event_names(session))[2:] == ["work-queue.created"]


@pytest.mark.conformance(215)
async def test_rolled_back_creation_leaves_no_event(db, session):
    pool = await make_pool(session)
    await session.commit()
    await make_queue(session, pool)
    await session.rollback()
    async with db.session() as other:
        assert (await event_names(other)).count("work-queue.created") == 1


# ── reading ───────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.conformance(150, 151)
async def test_list_is_by_priority(session):
    pool = await make_pool(session)
    await make_queues(session, pool, "C", "A", "B")
    assert list(await priorities(session, pool)) == ["default", "C", "A", "B"]
    queue = await workers.read_work_queue_by_name(
        session=session, work_pool_name=pool.name, work_queue_name="A"
    )
    await workers.bulk_update_work_queue_priorities(
        session=session, work_pool_id=pool.id, new_priorities={queue.id: 100}
    )
    assert list(await priorities(session, pool)) == ["default", "C", "B", "A"]


@pytest.mark.conformance(152, 154)
async def test_filters(session):
    pool, other = await make_pool(session), await make_pool(session)
    a, b, odd = await make_queues(session, pool, "apple", "Apricot", "odd")
    await set_columns(session, odd, name="b_r%y")
    await make_queue(session, other, "apple")

    def named(**criteria: list[str]) -> WorkQueueFilter:
        return WorkQueueFilter(name=WorkQueueFilterName(**criteria))

    by_id = WorkQueueFilterId(any_=[a.id])
    for chosen, expected in [
        (None, ["default", "apple", "Apricot", "b_r%y"]),
        (WorkQueueFilter(), ["default", "apple", "Apricot", "b_r%y"]),
        (named(any_=["apple", "zzz"]), ["apple"]),
        (named(any_=["APPLE"]), []),
        (named(any_=[]), []),
        (named(startswith_=["AP"]), ["apple", "Apricot"]),
        (named(startswith_=["apr", "b"]), ["Apricot", "b_r%y"]),
        (named(startswith_=["%"]), []),
        (named(startswith_=["b_R%"]), ["b_r%y"]),
        (named(startswith_=["bar"]), []),
        (named(startswith_=[]), ["default", "apple", "Apricot", "b_r%y"]),
        (named(any_=["apple", "b_r%y"], startswith_=["A"]), ["apple"]),
        (WorkQueueFilter(id=by_id), ["apple"]),
        (WorkQueueFilter(id=by_id, name=WorkQueueFilterName(any_=[b.name])), []),
        (
            WorkQueueFilter(id=by_id, name=WorkQueueFilterName(any_=[b.name]), operator=Operator.or_),
            ["apple", "Apricot"],
        ),
    ]:
        found = await workers.read_work_queues(
            session=session, work_pool_id=pool.id, work_queue_filter=chosen
        )
        assert [queue.name for queue in found] == expected, chosen
        counted = await workers.count_work_queues(
            session=session, work_pool_id=pool.id, work_queue_filter=chosen
        )
        assert counted == len(expected)


@pytest.mark.conformance(153, 154)
async def test_pages_and_unknown_pools(session):
    pool = await make_pool(session)
    await make_queues(session, pool, "a", "b")

    async def names(pool_id=pool.id, **paging: int) -> list[str]:
        found = await workers.read_work_queues(session=session, work_pool_id=pool_id, **paging)
        return [queue.name for queue in found]

    assert await names(limit=2) == ["default", "a"]
    assert await names(offset=1) == ["a", "b"]
    assert await names(limit=1, offset=2) == ["b"]
    assert await names(limit=0) == []
    assert await names(uuid4()) == []
    assert await workers.count_work_queues(session=session, work_pool_id=uuid4()) == 0
    assert await workers.count_work_queues(session=session, work_pool_id=pool.id) == 3


@pytest.mark.conformance(155, 156)
async def test_read_one(session):
    pool, other = await make_pool(session, "p"), await make_pool(session, "o")
    queue, same_name = await make_queue(session, pool, "q"), await make_queue(session, other, "q")
    assert await workers.read_work_queue(session=session, work_queue_id=queue.id) is queue
    assert await workers.read_work_queue(session=session, work_queue_id=uuid4()) is None
    for pool_name, queue_name, expected in [
        ("p", "q", queue), ("o", "q", same_name), ("p", "Q", None), ("P", "q", None), ("x", "q", None),
    ]:  # fmt: skip
        found = await workers.read_work_queue_by_name(
            session=session, work_pool_name=pool_name, work_queue_name=queue_name
        )
        assert found is expected


@pytest.mark.conformance(79)
async def test_names_are_resolved_together(session):
    pool, other = await make_pool(session, "p"), await make_pool(session, "o")
    b, a = await make_queues(session, pool, "b", "a")
    await make_queue(session, other, "foreign")

    async def resolve(pool_name: str, names: list[str] | None):
        return await workers.resolve_work_queues(
            session=session, work_pool_name=pool_name, work_queue_names=names
        )

    assert await resolve("p", ["a", "b", "a"]) == (pool, [a, b])
    assert await resolve("p", []) == await resolve("p", None) == (pool, [])
    assert await resolve("p", ["default"]) == (pool, [await default_queue(session, pool)])
    for names in (["a", "foreign"], ["zzz"]):
        with pytest.raises(ObjectNotFoundError, match=f"'p/{names[-1]}'"):
            await resolve("p", names)
    with pytest.raises(ObjectNotFoundError, match="'x'"):
        await resolve("x", None)
