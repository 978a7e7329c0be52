"""Priorities stay unique and positive, and nobody moves without need (workers.md 3.14)."""

import asyncio
import re
from collections.abc import Mapping, Sequence
from itertools import combinations
from types import ModuleType
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy.ext.asyncio import AsyncSession

from penstock import schemas
from penstock.core.errors import ObjectNotFoundError
from penstock.server.database import DBInterface
from penstock.server.database.orm_models import WorkPool, WorkQueue
from penstock.server.models import work_queues, workers
from penstock.server.models.workers.priorities import rearranged
from tests.support.factories import default_queue, event_names, make_pool, make_queue, make_queues
from tests.support.races import overlap

# Before, targets, after: the rows of 3.14 whose targets are legal, in the order of the cases 129-144.
ROWS = [
    ("A1 B2 C3", "C1", "C1 A2 B3"),
    ("A1 B2 C3", "A2", "A2 B3 C4"),
    ("A1 B2 C3", "A3", "B2 A3 C4"),
    ("A1 B2 C3", "B9", "A1 C3 B9"),
    ("A1 B4 C5 D9", "D4", "A1 D4 B5 C6"),
    ("A1 B4 C5 D9", "A2", "A2 B4 C5 D9"),
    ("A1 B2 C3 D4", "A4 D1", "D1 B2 C3 A4"),
    ("A1 B2 C3 D4 E5", "E2 B4", "A1 E2 C3 B4 D5"),
    ("A1 B2 C6", "A6", "B2 A6 C7"),
    ("A1 B2", "A5 B6", "A5 B6"),
    ("A1 B2 C3", "A7 B8", "C3 A7 B8"),
    ("A1 B1 C1", "", "A1 B2 C3"),
    ("A3 B3 C7", "", "A3 B4 C7"),
    ("A2 B2 C5", "C9", "A2 B3 C9"),
    ("A1 B2 C3 D4", "C3 D2", "A1 D2 C3 B4"),
    ("A1 B2 C3 D4 E5 F9", "D2 E4", "A1 D2 B3 E4 C5 F9"),
]


def numbers(text: str) -> dict[str, int]:
    return {name: int(number) for name, number in re.findall(r"([A-Z])(-?\d+)", text)}


async def arrange(session: AsyncSession, before: Mapping[str, int]) -> tuple[WorkPool, dict[str, WorkQueue]]:
    """Make a pool whose queues, the default one among them, have these priorities, even equal ones."""
    pool = await make_pool(session)
    first, *others = before
    queues = {first: await default_queue(session, pool)}
    for name in others:
        queues[name] = await make_queue(session, pool, name)
    for name, priority in before.items():
        await session.execute(
            sa.update(WorkQueue).where(WorkQueue.id == queues[name].id).values(priority=priority)
        )
    session.expire_all()
    await session.refresh(pool)
    for queue in queues.values():
        await session.refresh(queue)
    return pool, queues


async def read_stored(session: AsyncSession, queues: Mapping[str, WorkQueue]) -> dict[str, int]:
    """Read the priorities from the database, not from what the session remembers."""
    names = {queue.id: name for name, queue in queues.items()}
    rows = await session.execute(sa.select(WorkQueue.id, WorkQueue.priority).where(WorkQueue.id.in_(names)))
    return {names[queue_id]: priority for queue_id, priority in rows}


async def move(
    session: AsyncSession, pool: WorkPool, queues: Mapping[str, WorkQueue], targets: Mapping[str, int]
) -> None:
    await workers.bulk_update_work_queue_priorities(
        session=session,
        work_pool_id=pool.id,
        new_priorities={queues[name].id: target for name, target in targets.items()},
    )


@pytest.mark.conformance(*range(129, 145))
@pytest.mark.parametrize(("before", "targets", "after"), ROWS)
async def test_rows_of_the_contract(session, before: str, targets: str, after: str):
    pool, queues = await arrange(session, numbers(before))
    await move(session, pool, queues, numbers(targets))
    assert await read_stored(session, queues) == numbers(after)
    assert {name: queue.priority for name, queue in queues.items()} == numbers(after)


@pytest.mark.conformance(145)
@pytest.mark.parametrize("target", [0, -2])
async def test_target_that_is_not_positive_is_refused(session, target: int):
    pool, queues = await arrange(session, numbers("A1 B2 C3"))
    with pytest.raises(ValueError, match="greater than 0"):
        await move(session, pool, queues, {"B": target})
    assert await read_stored(session, queues) == numbers("A1 B2 C3")


@pytest.mark.conformance(146)
async def test_id_of_no_queue_of_the_pool_is_ignored(session):
    pool, queues = await arrange(session, numbers("A1 B2 C3"))
    foreign = await default_queue(session, await make_pool(session))
    await workers.bulk_update_work_queue_priorities(
        session=session,
        work_pool_id=pool.id,
        new_priorities={uuid4(): 1, foreign.id: 7, queues["C"].id: 2},
    )
    assert await read_stored(session, queues) == numbers("A1 C2 B3")
    assert await read_stored(session, {"foreign": foreign}) == {"foreign": 1}


@pytest.mark.conformance(147)
async def test_equal_targets_are_refused_and_change_nothing(session):
    pool, queues = await arrange(session, numbers("A1 B2 C3"))
    with pytest.raises(ValueError, match="same priority"):
        await move(session, pool, queues, {"A": 5, "B": 5})
    assert await read_stored(session, queues) == numbers("A1 B2 C3")


@pytest.mark.conformance(148)
async def test_no_targets_on_distinct_priorities_change_nothing(session):
    pool, queues = await arrange(session, numbers("A2 B5 C9"))
    updated = [queue.updated for queue in queues.values()]
    await move(session, pool, queues, {})
    for queue in queues.values():
        await session.refresh(queue)
    assert await read_stored(session, queues) == numbers("A2 B5 C9")
    assert [queue.updated for queue in queues.values()] == updated


async def test_moving_records_no_events(session):
    pool, queues = await arrange(session, numbers("A1 B2 C3"))
    before = await event_names(session)
    await move(session, pool, queues, {"C": 1})
    assert await event_names(session) == before


async def test_unknown_pool_is_an_error(session):
    with pytest.raises(ObjectNotFoundError):
        await workers.bulk_update_work_queue_priorities(
            session=session, work_pool_id=uuid4(), new_priorities={}
        )


@pytest.mark.conformance(149)
async def test_two_moves_at_once_to_the_same_place_both_end_distinct(db: DBInterface, session):
    pool = await make_pool(session)
    queues = dict(zip("BC", await make_queues(session, pool, "B", "C"), strict=True))
    queues["A"] = await default_queue(session, pool)
    await session.commit()
    await overlap(
        db,
        lambda one: move(one, pool, queues, {"B": 1}),
        lambda other: move(other, pool, queues, {"C": 1}),
    )
    assert await read_stored(session, queues) == numbers("C1 B2 A3")


@pytest.mark.conformance(149)
async def test_queues_created_at_once_get_distinct_priorities(db: DBInterface, session):
    pool = await make_pool(session)
    await session.commit()

    async def create(name: str, priority: int | None) -> None:
        async with db.session_context(begin_transaction=True) as own:
            await make_queue(own, pool, name, priority=priority)

    await asyncio.gather(*(create(f"q{n}", 1 if n % 2 else None) for n in range(6)))
    found = await workers.read_work_queues(session=session, work_pool_id=pool.id)
    assert len({queue.priority for queue in found}) == len(found) == 7


@pytest.mark.parametrize("module", [workers, work_queues])
async def test_both_ways_to_update_a_queue_move_the_others(session, module: ModuleType):
    _, queues = await arrange(session, numbers("A1 B2 C3"))
    update = schemas.actions.WorkQueueUpdate(priority=2)
    assert await module.update_work_queue(session=session, work_queue_id=queues["C"].id, work_queue=update)
    assert await read_stored(session, queues) == numbers("A1 C2 B3")


# ── properties ────────────────────────────────────────────────────────────────────────────────────

Arrangement = list[tuple[UUID, int]]
SMALL = st.integers(min_value=1, max_value=8)
QUEUE_IDS = [UUID(int=n) for n in range(1, 7)]


@st.composite
def moves(draw: st.DrawFn) -> tuple[Arrangement, dict[UUID, int]]:
    """Draw priorities, equal ones too, and distinct targets for some of the queues."""
    priorities = sorted(draw(st.lists(SMALL, max_size=len(QUEUE_IDS))))
    current = list(zip(QUEUE_IDS, priorities, strict=False))
    targeted = draw(st.lists(st.sampled_from(QUEUE_IDS[: len(current)]), unique=True)) if current else []
    targets = draw(st.lists(SMALL, min_size=len(targeted), max_size=len(targeted), unique=True))
    return current, dict(zip(targeted, targets, strict=True))


def least_arrangement(current: Arrangement, targets: Mapping[UUID, int]) -> dict[UUID, int]:
    """Try every arrangement that keeps the targets and the order; take the lowest place for each.

    It is asserted that one arrangement has all the lowest places, so "least" means something.
    """
    others = [(queue, priority) for queue, priority in current if queue not in targets]
    highest = max([priority for _, priority in current] + list(targets.values()), default=0)
    places = [place for place in range(1, highest + len(current) + 1) if place not in targets.values()]
    legal = [
        chosen
        for chosen in combinations(places, len(others))
        if all(place >= priority for place, (_, priority) in zip(chosen, others, strict=True))
    ]
    least = tuple(map(min, *legal)) if len(legal) > 1 else legal[0]
    assert least in legal
    return dict(targets) | dict(zip([queue for queue, _ in others], least, strict=True))


def by_insertion(current: Arrangement, queue: UUID, target: int) -> list[int] | None:
    """Move one queue the peer's way: insert it, then raise whoever is not above the one before."""
    rest = [(one, priority) for one, priority in current if one != queue]
    place = next((n for n, (_, priority) in enumerate(rest) if priority >= target), len(rest))
    rest.insert(place, (queue, target))
    last, raised = 0, {}
    for one, priority in rest:
        last = raised[one] = max(priority, last + 1)
    return [raised[one] for one, _ in current]


@given(moves())
@example(([], {}))
def test_arrangement_is_the_least_one_that_honours_the_targets(move: tuple[Arrangement, dict[UUID, int]]):
    current, targets = move
    arranged = rearranged(current, targets)
    assert arranged == least_arrangement(current, targets)
    assert len(set(arranged.values())) == len(current)
    assert all(priority > 0 for priority in arranged.values())
    assert {queue: arranged[queue] for queue in targets} == targets


@given(moves())
def test_arranging_again_changes_nothing(move: tuple[Arrangement, dict[UUID, int]]):
    current, targets = move
    arranged = rearranged(current, targets)
    again = sorted(arranged.items(), key=lambda item: item[1])
    assert rearranged(again, targets) == arranged
    assert rearranged(again, {}) == arranged


@given(st.lists(SMALL, min_size=1, max_size=6, unique=True).map(sorted), st.data())
def test_one_move_gives_what_insertion_gives(priorities: Sequence[int], data: st.DataObject):
    current = list(zip(QUEUE_IDS, priorities, strict=False))
    queue = data.draw(st.sampled_from([queue for queue, _ in current]))
    target = data.draw(SMALL)
    arranged = rearranged(current, {queue: target})
    assert [arranged[one] for one, _ in current] == by_insertion(current, queue, target)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(moves().filter(lambda move: len(move[0]) > 0))
async def test_the_database_ends_as_the_least_arrangement(
    db: DBInterface, move: tuple[Arrangement, dict[UUID, int]]
):
    current, targets = move
    async with db.session() as session:
        pool = WorkPool(name="pool", type="process")
        session.add(pool)
        await session.flush()
        session.add_all(
            WorkQueue(id=queue, name=str(queue), priority=priority, work_pool_id=pool.id)
            for queue, priority in current
        )
        await session.flush()
        await workers.bulk_update_work_queue_priorities(
            session=session, work_pool_id=pool.id, new_priorities=targets
        )
        stored = await session.execute(sa.select(WorkQueue.id, WorkQueue.priority))
        assert dict(iter(stored)) == least_arrangement(current, targets)
