"""Leases: when they expire, and that a slot is freed exactly once (orchestration.md 4.8, 5.9)."""

import asyncio
import random

import pytest
import sqlalchemy as sa

from penstock.schemas.actions import ConcurrencyLimitV2Create
from penstock.schemas.states import Completed, Pending
from penstock.server import models
from penstock.server.database.orm_models import CONCURRENCY_LEASE_LIMIT, ConcurrencyLimit
from penstock.server.models.concurrency_limits import NoSlots, lease_for, usage_of
from penstock.server.services import LeaseReaper
from tests.concurrency.scenes import in_use, lease_of, let_expire, limited, run_of
from tests.support.factories import event_names, propose
from tests.support.races import overlap

limits = models.concurrency_limits


async def make_limit(session, name: str = "limit", limit: int = 1, **fields) -> ConcurrencyLimit:
    wanted = ConcurrencyLimitV2Create(name=name, limit=limit, **fields)
    return await limits.create_concurrency_limit(session=session, concurrency_limit=wanted)


async def take(session, *names: str, slots: int = 1):
    """Take slots by a lease of five minutes."""
    return await limits.take_slots(
        session=session, names=names, slots=slots, lease=lease_for(None, slots, 300)
    )


async def used(session, name: str = "limit") -> int:
    row = await limits.read_concurrency_limit(session=session, name=name)
    return usage_of(row).active_slots


async def average(session, name: str = "limit") -> float:
    row = await limits.read_concurrency_limit(session=session, name=name)
    return row.avg_slot_occupancy_seconds


async def test_the_reaper_frees_what_has_expired(session, db):
    await make_limit(session, limit=3)
    expired, living = await take(session, "limit", slots=2), await take(session, "limit")
    await let_expire(session, expired.lease_id)
    await session.commit()
    reaper = LeaseReaper(db, interval_seconds=60)
    for _ in range(2):
        await reaper.run_once()
        assert await used(session) == 1
    await session.commit()
    assert await limits.renew_lease(session=session, lease_id=living.lease_id, seconds=60)
    assert not await limits.renew_lease(session=session, lease_id=expired.lease_id, seconds=60)


async def test_an_expired_lease_is_not_renewed(session):
    await make_limit(session)
    taken = await take(session, "limit")
    await let_expire(session, taken.lease_id)
    assert not await limits.renew_lease(session=session, lease_id=taken.lease_id, seconds=60)
    assert await used(session) == 1


async def test_a_renewed_lease_is_not_reaped(session):
    await make_limit(session)
    taken = await take(session, "limit")
    assert await limits.renew_lease(session=session, lease_id=taken.lease_id, seconds=60)
    assert await limits.end_expired_leases(session=session) == 0


async def test_who_needs_a_slot_ends_expired_leases(session):
    await make_limit(session)
    first = await take(session, "limit")
    assert isinstance(await take(session, "limit"), NoSlots)
    await let_expire(session, first.lease_id)
    assert not isinstance(await take(session, "limit"), NoSlots)
    assert await used(session) == 1
    assert not await limits.end_lease(session=session, lease_id=first.lease_id)
    assert await used(session) == 1


async def test_many_expired_leases_go_in_batches(session, db):
    await make_limit(session, limit=250)
    for _ in range(250):
        taken = await take(session, "limit")
        await let_expire(session, taken.lease_id)
    await session.commit()
    assert await limits.end_expired_leases(session=session, most=100) == 100
    assert await used(session) == 150
    await session.commit()
    await LeaseReaper(db, interval_seconds=60).run_once()
    assert await used(session) == 0


async def test_the_time_slots_were_held_moves_the_average(session):
    await make_limit(session, limit=2)
    taken = await take(session, "limit")
    assert await limits.end_lease(session=session, lease_id=taken.lease_id)
    # held for next to nothing, which counts as 0.1 seconds
    assert await average(session) == pytest.approx(2.0 + (0.1 - 2.0) / 4, abs=0.3)
    await limits.return_slots(session=session, names=["limit"], slots=2, occupancy_seconds=60)
    assert await average(session) > 5


async def test_deleting_a_limit_ends_no_lease(session):
    row = await make_limit(session)
    taken = await take(session, "limit")
    await limits.delete_concurrency_limit(session=session, concurrency_limit_id=row.id)
    assert await limits.renew_lease(session=session, lease_id=taken.lease_id, seconds=60)
    assert await limits.end_lease(session=session, lease_id=taken.lease_id)


async def test_slots_that_decay_are_given_back_too(session):
    await make_limit(session, limit=3, slot_decay_per_second=1e-6)
    taken = await take(session, "limit", slots=2)
    assert await used(session) == 2
    await limits.end_lease(session=session, lease_id=taken.lease_id)
    assert await used(session) == 0


async def test_changes_of_a_limit_are_announced(session):
    row = await make_limit(session)
    await limits.update_concurrency_limit(session=session, concurrency_limit_id=row.id, values={"limit": 2})
    await limits.delete_concurrency_limit(session=session, concurrency_limit_id=row.id)
    assert await event_names(session, "prefect.concurrency-limit") == [
        "concurrency-limit.created", "concurrency-limit.updated", "concurrency-limit.deleted",
    ]  # fmt: skip


# ── races ─────────────────────────────────────────────────────────────────────────────────────────


async def test_two_who_end_a_lease_free_it_once(session, db):
    await make_limit(session, limit=5)
    other, taken = await take(session, "limit", slots=2), await take(session, "limit", slots=2)
    await let_expire(session, taken.lease_id)
    await session.commit()

    async def end(own):
        return await limits.end_lease(session=own, lease_id=taken.lease_id)

    async def reap(own):
        return await limits.end_expired_leases(session=own) == 1

    assert sum(await overlap(db, end, reap)) == 1
    assert await used(session) == 2
    assert other.lease_id != taken.lease_id


async def test_two_who_end_a_run_free_its_slot_once(session, db):
    deployment = await limited(session, 3)
    runs = [await run_of(session, deployment) for _ in range(2)]
    for run in runs:
        await propose(session, run, Pending())
    lease_id = (await lease_of(session, runs[0])).id
    await let_expire(session, lease_id)
    await session.commit()

    async def finish(own):
        return await propose(own, runs[0], Completed())

    async def reap(own):
        return await limits.end_expired_leases(session=own)

    await overlap(db, finish, reap)
    assert await in_use(session, deployment) == 1


async def test_the_second_taker_counts_the_first(session, db):
    deployment = await limited(session, 1)
    runs = [await run_of(session, deployment) for _ in range(2)]
    await session.commit()

    def start(run):
        async def pending(own):
            return await propose(own, run, Pending())

        return pending

    first, second = await overlap(db, start(runs[0]), start(runs[1]))
    assert (first.status, second.state.name) == ("ACCEPT", "AwaitingConcurrencySlot")
    assert await in_use(session, deployment) == 1


async def test_a_renewal_that_comes_before_the_reaper_wins(session, db):
    await make_limit(session)
    taken = await take(session, "limit")
    await session.commit()

    async def renew(own):
        return await limits.renew_lease(session=own, lease_id=taken.lease_id, seconds=60)

    async def reap(own):
        return await limits.end_expired_leases(session=own)

    assert await overlap(db, renew, reap) == (True, 0)
    assert await used(session) == 1


async def check_limits(session) -> None:
    """Look whether some limit is exceeded in this transaction's eyes."""
    rows = await session.scalars(sa.select(ConcurrencyLimit).execution_options(populate_existing=True))
    for row in rows:
        assert usage_of(row).active_slots <= row.limit


async def take_and_give_back(db, chance: random.Random, names: list[str]) -> bool:
    """Take slots of some limits, named in any order, and give them back; False when there are none."""
    wanted = chance.sample(names, chance.randint(1, 3))
    leased = chance.random() < 0.7
    lease = lease_for(None, 1, 300) if leased else None
    async with db.session_context(begin_transaction=True) as own:
        taken = await limits.take_slots(session=own, names=wanted, slots=1, lease=lease)
        await check_limits(own)
        if isinstance(taken, NoSlots):
            return False
        if leased and chance.random() < 0.3:
            await let_expire(own, taken.lease_id)
    await asyncio.sleep(0)
    async with db.session_context(begin_transaction=True) as own:
        if leased:
            await limits.end_lease(session=own, lease_id=taken.lease_id)
        else:
            await limits.return_slots(session=own, names=wanted, slots=1)
    return True


async def test_many_takers_never_exceed_a_limit(session, db):
    """With and without leases, next to the reaper."""
    names = ["a", "b", "c"]
    for name, limit in zip(names, (2, 3, 4), strict=True):
        await make_limit(session, name, limit)
    await session.commit()

    async def taker(number: int) -> int:
        chance = random.Random(number)
        return sum([await take_and_give_back(db, chance, names) for _ in range(12)])

    async def reap() -> None:
        while True:
            await LeaseReaper(db, interval_seconds=60).run_once()
            await asyncio.sleep(0.01)

    reaper = asyncio.create_task(reap())
    taken = sum(await asyncio.gather(*(taker(number) for number in range(8))))
    reaper.cancel()
    await asyncio.gather(reaper, return_exceptions=True)
    assert taken > 20
    assert [await used(session, name) for name in names] == [0, 0, 0]
    held = sa.select(sa.func.count()).select_from(CONCURRENCY_LEASE_LIMIT)
    assert await session.scalar(held) == 0
