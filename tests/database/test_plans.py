"""What dispatch sends enters ``flow_run`` by its indexes, and costs what it returns, whatever the backlog.

Everything is done with a small backlog and with a hundred times as much, with statistics and, as after a
sudden burst, without (workers.md 8.9, cases 107 and 108).
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from penstock.core.attempts import DEFAULT_LEASE_TIMES
from penstock.core.clock import utc_now
from penstock.core.states import StateType
from penstock.schemas.actions import WorkQueueCreate
from penstock.schemas.states import Completed, Pending, Running, Scheduled
from penstock.server.database import DBInterface
from penstock.server.database.dispatch import StartWindow
from penstock.server.database.orm_models import WorkPool
from penstock.server.models import attempts, workers
from penstock.server.models.workers.dispatch import read_polled_runs
from penstock.server.models.workers.polled_runs import PolledRun, PolledRunSource
from penstock.server.orchestration import (
    Proposer,
    Report,
    claim_flow_runs,
    propose_flow_run_state,
    report_flow_run_states,
)
from tests.support.backlog_scene import HELD, MOST_QUEUES, WORKER, Scene, make_scene
from tests.support.factories import unique
from tests.support.plans import Plan
from tests.support.watching import Watch, watched

SMALL, LARGE = 1_000, 100_000
WANTED = 5
"""The first queue has as many even with the small backlog."""

DUE = "ix_flow_run__due"
SLOTS = {"ix_flow_run__slot_holders", "ix_flow_run__in_process_retries"}
HOLDER, LEASE = "ix_flow_run__holder", "ix_flow_run__lease"
QUEUE, NAMELESS = "ix_flow_run__work_queue_id", "ix_flow_run__work_queue_name"
KEY = {"pk_flow_run", "sqlite_autoindex_flow_run_1"}
HISTORY = ("flow_run", "flow_run_state", "event")

Work = Callable[[AsyncSession], Awaitable[object]]


@pytest.fixture
async def db(bare_database_url: str) -> AsyncIterator[DBInterface]:
    """A database of the test's own: so many rows would leave traces in the one that tests share."""
    db = DBInterface(bare_database_url)
    await db.create_db()
    yield db
    await db.dispose()


async def watch_each(db: DBInterface, works: Mapping[str, Work]) -> dict[str, Watch]:
    """Do each work in a session of its own, watched; what a work does not commit is rolled back."""
    seen = {}
    for name, work in works.items():
        async with db.session() as session, watched(db) as seen[name]:
            await work(session)
    return seen


def asking(db: DBInterface, scene: Scene) -> dict[str, Work]:
    """Return the polls and the claims."""
    soon = StartWindow(before=utc_now() + timedelta(seconds=10))
    usual = {"work_queue_ids": None, "window": soon, "limit": WANTED, "worker_name": WORKER}
    claim = partial(claim_flow_runs, worker_name=WORKER, limit=WANTED)
    some = scene.queues[:2]

    async def poll(own: AsyncSession, **asked: Any) -> list[PolledRun]:
        source = PolledRunSource(db, db.statements_of(own))
        return [run for _, run in await read_polled_runs(source, **(usual | asked))]

    async def poll_of_another(own: AsyncSession) -> None:
        first, second, *_ = await poll(own, work_pool_ids=[scene.limited])
        shown = {one.id: one.work_queue_id for one in (first, second)}
        others = await poll(own, work_pool_ids=[scene.limited], passed_over=shown)
        assert len(others) == WANTED
        assert shown.keys().isdisjoint(one.id for one in others)

    return {
        "poll within limits": lambda own: poll(own, work_pool_ids=[scene.limited]),
        "poll without limits": lambda own: poll(own, work_pool_ids=[scene.unlimited]),
        "poll of two queues": lambda own: poll(own, work_pool_ids=[scene.limited], work_queue_ids=some),
        "poll for any time": lambda own: poll(own, work_pool_ids=[scene.limited], window=StartWindow()),
        "poll past what another was shown": poll_of_another,
        "poll of an idle pool": lambda own: poll(own, work_pool_ids=[scene.idle]),
        "claim within limits": lambda own: claim(session=own, work_pool_id=scene.limited),
        "claim without limits": lambda own: claim(session=own, work_pool_id=scene.unlimited),
        "claim of two queues": lambda own: claim(
            session=own, work_pool_id=scene.limited, work_queue_ids=some
        ),
        "claim of an idle pool": lambda own: claim(session=own, work_pool_id=scene.idle),
    }


def keeping(db: DBInterface, scene: Scene) -> dict[str, Work]:
    """Return what is done with one run, or with those that are held."""
    proposer = Proposer(WORKER)

    async def states(_: AsyncSession) -> None:
        for state in (Pending(), Running(), Completed(), Scheduled(utc_now())):
            force = state.type is StateType.SCHEDULED
            answer = await propose_flow_run_state(db, scene.run, state, force, proposer=proposer)
            assert answer.status == "ACCEPT"

    async def reports(_: AsyncSession) -> None:
        chosen = list(scene.held.items())[:WANTED]
        sent = [Report(run_id, Running(), Proposer(attempt=attempt)) for run_id, attempt in chosen]
        assert len(await report_flow_run_states(db, sent)) == WANTED

    async def heartbeat(own: AsyncSession) -> None:
        pool = await own.get_one(WorkPool, scene.limited)
        await workers.record_worker_heartbeat(session=own, work_pool=pool, worker_name=WORKER)

    async def renewal(own: AsyncSession) -> None:
        renewed = await attempts.renew_attempts(own, WORKER, scene.held, 60)
        assert len(renewed) == len(scene.held) > 1
        await attempts.read_unlisted_attempts(own, scene.limited, WORKER, scene.held)

    async def signs_of_life(own: AsyncSession) -> None:
        await attempts.record_signs_of_life(own, list(scene.held), DEFAULT_LEASE_TIMES)

    async def slots(own: AsyncSession) -> None:
        await workers.count_work_pool_active_slots_bulk(own, [scene.limited, scene.unlimited])
        await workers.count_work_queue_active_slots_bulk(own, scene.queues)
        await workers.count_work_pool_slot_holders_by_queue(own, scene.limited)

    async def holders(own: AsyncSession) -> None:
        queue, *_ = scene.queues
        assert len(await workers.get_work_pool_slot_holders(own, scene.limited, scene.queues, 1)) > 1
        assert len(await workers.get_work_queue_slot_holders(own, queue, limit=WANTED)) > 1
        assert await workers.count_work_queue_slot_holders(own, queue) > 1

    return {
        "states": states,
        "reports": reports,
        "heartbeat": heartbeat,
        "renewal": renewal,
        "signs of life": signs_of_life,
        "slots": slots,
        "holders of slots": holders,
    }


def leaving(db: DBInterface, scene: Scene) -> dict[str, Work]:
    """Return what is deleted while nobody else can write; PostgreSQL looks through the runs."""

    async def deletion(own: AsyncSession) -> None:
        wanted = WorkQueueCreate(name=unique("queue"))
        queue = await workers.create_work_queue(own, scene.idle, wanted)
        assert await workers.delete_work_queue(own, queue.id)

    return {"deletion of a queue": deletion} if db.dialect.single_writer else {}


ALLOWED = {
    "deletion": {QUEUE, NAMELESS, HOLDER} | KEY,
    "poll": {DUE} | SLOTS | KEY,
    "claim": {DUE} | SLOTS | KEY,
    "states": SLOTS | KEY,
    "reports": KEY,
    "heartbeat": set[str](),
    "renewal": KEY | {HOLDER},
    "signs": KEY | {LEASE, HOLDER},
    "slots": SLOTS,
    "holders": SLOTS | KEY | {NAMELESS},
}
"""The indexes of ``flow_run`` that each kind of work may use; none of them is as long as the table."""


def check_plan(name: str, plan: Plan) -> None:
    """See that a statement goes to what it is about, and looks at little else."""
    assert plan.scans.isdisjoint(HISTORY), str(plan)
    assert plan.indexes.get("flow_run", set()) <= ALLOWED[name.split(maxsplit=1)[0]], str(plan)
    # what is returned is found and then read; a look into each queue; those who hold slots
    assert plan.looked_at.get("flow_run", 0) <= 4 * WANTED + MOST_QUEUES + HELD, str(plan)
    # the first runs of a queue are read in the order of the index
    if plan.statement.startswith("WITH due"):
        assert plan.sorts == [], str(plan)


def check(seen: Mapping[str, Watch], small: Mapping[str, Watch]) -> None:
    """See that every plan is good, and that all of them cost what they cost with a small backlog."""
    for name, watch in seen.items():
        for plan in watch.plans:
            check_plan(name, plan)
        used = set[str]().union(*(plan.indexes.get("flow_run", ()) for plan in watch.plans))
        assert DUE in used or not name.startswith(("poll", "claim")), name
        assert watch.steps <= 1.5 * small[name].steps, name
        # trees are deeper and neighbours stand on other pages, as may each of those who hold slots; the
        # due index has many hundreds
        assert watch.pages <= 3 * small[name].pages + 100 + HELD, name
        assert len(watch.plans) == len(small[name].plans) > 0, name


@pytest.mark.conformance(107, 108)
async def test_dispatch_does_not_notice_the_backlog(db: DBInterface, session: AsyncSession) -> None:
    scene = await make_scene(session)
    works = asking(db, scene) | keeping(db, scene) | leaving(db, scene)
    await scene.add(session, SMALL)
    small = await watch_each(db, works)
    await scene.add(session, LARGE - SMALL)
    check(await watch_each(db, works), small)
    # until now nothing was known of the tables; this is what autovacuum does in time
    await session.execute(sa.text("ANALYZE"))
    await session.commit()
    check(await watch_each(db, works), small)
