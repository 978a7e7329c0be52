"""Every function of the seed is there, with its arguments, their order and their defaults."""

import inspect
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from penstock import schemas
from penstock.core.clock import utc_now
from penstock.core.errors import ObjectNotFoundError
from penstock.core.ids import uuid7
from penstock.schemas.statuses import WorkQueueStatus
from penstock.server.database import DBInterface, orm_models
from penstock.server.models import workers
from tests.support.factories import default_queue, make_pool, make_queue

DB = ("db", "session")
SEED: dict[str, tuple[tuple[str, ...], dict[str, Any]]] = {
    "create_work_pool": ((*DB, "work_pool"), {}),
    "read_work_pool": ((*DB, "work_pool_id"), {}),
    "read_work_pool_by_name": ((*DB, "work_pool_name"), {}),
    "read_work_pools": (
        (*DB, "work_pool_filter", "offset", "limit"),
        {"work_pool_filter": None, "offset": None, "limit": None},
    ),
    "count_work_pools": ((*DB, "work_pool_filter"), {"work_pool_filter": None}),
    "count_work_pool_active_slots": ((*DB, "work_pool_id"), {}),
    "count_work_pool_active_slots_bulk": ((*DB, "work_pool_ids"), {}),
    "count_work_queue_active_slots": ((*DB, "work_queue_id"), {}),
    "count_work_queue_active_slots_bulk": ((*DB, "work_queue_ids"), {}),
    # emit_update_event is the contract's own addition (workers.md 3.10)
    "update_work_pool": (
        (*DB, "work_pool_id", "work_pool", "emit_status_change", "emit_update_event"),
        {"emit_status_change": None, "emit_update_event": True},
    ),
    "delete_work_pool": ((*DB, "work_pool_id"), {}),
    "get_scheduled_flow_runs": (
        (
            *DB, "work_pool_ids", "work_queue_ids", "scheduled_before", "scheduled_after", "limit",
            "respect_queue_priorities",
        ),
        dict.fromkeys(
            (
                "work_pool_ids", "work_queue_ids", "scheduled_before", "scheduled_after", "limit",
                "respect_queue_priorities",
            )
        ),
    ),
    "create_work_queue": ((*DB, "work_pool_id", "work_queue"), {}),
    "bulk_update_work_queue_priorities": ((*DB, "work_pool_id", "new_priorities"), {}),
    "read_work_queues": (
        (*DB, "work_pool_id", "work_queue_filter", "offset", "limit"),
        {"work_queue_filter": None, "offset": None, "limit": None},
    ),
    "count_work_queues": ((*DB, "work_pool_id", "work_queue_filter"), {"work_queue_filter": None}),
    "read_work_queue": ((*DB, "work_queue_id"), {}),
    "read_work_queue_by_name": ((*DB, "work_pool_name", "work_queue_name"), {}),
    "update_work_queue": (
        (*DB, "work_queue_id", "work_queue", "emit_status_change", "default_status"),
        {"emit_status_change": None, "default_status": WorkQueueStatus.NOT_READY},
    ),
    "delete_work_queue": ((*DB, "work_queue_id"), {}),
    "read_workers": (
        (*DB, "work_pool_id", "worker_filter", "limit", "offset"),
        {"worker_filter": None, "limit": None, "offset": None},
    ),
    "worker_heartbeat": (
        (*DB, "work_pool_id", "worker_name", "heartbeat_interval_seconds"),
        {"heartbeat_interval_seconds": None},
    ),
    "delete_worker": ((*DB, "work_pool_id", "worker_name"), {}),
    "count_work_pool_slot_holders": ((*DB, "work_pool_id"), {}),
    "get_work_pool_slot_holders": (
        (*DB, "work_pool_id", "work_queue_ids", "flow_run_limit"),
        {"work_queue_ids": None, "flow_run_limit": None},
    ),
    "count_work_pool_slot_holders_by_queue": ((*DB, "work_pool_id"), {}),
    "count_work_queue_slot_holders": ((*DB, "work_queue_id"), {}),
    "get_work_queue_slot_holders": (
        (*DB, "work_queue_id", "offset", "limit"),
        {"offset": None, "limit": None},
    ),
    "emit_work_pool_updated_event": (("session", "work_pool", "changed_fields"), {}),
    "emit_work_pool_status_event": (("event_id", "occurred", "pre_update_work_pool", "work_pool"), {}),
}  # fmt: skip


def test_the_seed_has_thirty_functions():
    assert len(SEED) == 30


@pytest.mark.parametrize("name", SEED)
def test_function_has_the_arguments_of_the_seed(name: str):
    function = getattr(workers, name)
    parameters = inspect.signature(function).parameters
    names, defaults = SEED[name]
    assert inspect.iscoroutinefunction(function)
    assert tuple(parameters) == names
    assert {p.kind for p in parameters.values()} == {inspect.Parameter.POSITIONAL_OR_KEYWORD}
    given = {p.name: p.default for p in parameters.values() if p.default is not inspect.Parameter.empty}
    assert given == defaults


@pytest.mark.parametrize("name", SEED)
def test_function_says_what_it_does_and_is_listed(name: str):
    assert inspect.getdoc(getattr(workers, name))
    assert name in workers.__all__


ARGUMENTS: dict[str, dict[str, Any]] = {
    "create_work_pool": {"work_pool": schemas.actions.WorkPoolCreate(name="new", type="process")},
    "create_work_queue": {"work_queue": schemas.actions.WorkQueueCreate(name="new")},
    "update_work_pool": {"work_pool": schemas.actions.WorkPoolUpdate(description="new")},
    "update_work_queue": {"work_queue": schemas.actions.WorkQueueUpdate(description="new")},
    "worker_heartbeat": {"worker_name": "worker"},
    "delete_worker": {"worker_name": "nobody"},
    "bulk_update_work_queue_priorities": {"new_priorities": {}},
    "read_work_pool_by_name": {"work_pool_name": "pool"},
    "read_work_queue_by_name": {"work_pool_name": "pool", "work_queue_name": "queue"},
}


def arguments(name: str, pool: orm_models.WorkPool, queue: orm_models.WorkQueue) -> dict[str, Any]:
    """Return the required arguments of a function, without db and session."""
    known = {
        "work_pool_id": pool.id,
        "work_pool_ids": [pool.id],
        "work_queue_id": queue.id,
        "work_queue_ids": [queue.id],
    }
    names, defaults = SEED[name]
    required = [one for one in names if one not in (*DB, *defaults)]
    return {one: ARGUMENTS.get(name, {}).get(one, known.get(one)) for one in required}


@pytest.mark.parametrize("way", ["left out", "left out, positional", "keyword", "positional"])
async def test_db_may_be_given_or_left_out(db: DBInterface, session, way: str):
    for name in (name for name, (names, _) in SEED.items() if names[0] == "db"):
        async with session.begin_nested() as scene:
            pool = await make_pool(session, "pool")
            queue = await make_queue(session, pool, "queue")
            queues = [await default_queue(session, pool), queue]
            result = await call(name, way, db, session, arguments(name, pool, queue))
            wanted = expected(name, pool, queues)
            assert result.name == "new" if wanted is None and name.startswith("create") else result == wanted
            await scene.rollback()


async def call(name: str, way: str, db: DBInterface, session: AsyncSession, given: dict[str, Any]) -> Any:
    function = getattr(workers, name)
    match way:
        case "left out":
            return await function(session=session, **given)
        case "left out, positional":
            return await function(session, *given.values())
        case "keyword":
            return await function(db=db, session=session, **given)
    return await function(db, session, *given.values())


def expected(name: str, pool: orm_models.WorkPool, queues: list[orm_models.WorkQueue]) -> Any:
    """Return the answer about a pool with its default queue and one more; None for a new row."""
    queue = queues[1]
    return {
        "create_work_pool": None, "create_work_queue": None, "bulk_update_work_queue_priorities": None,
        "read_work_pool": pool, "read_work_pool_by_name": pool, "read_work_pools": [pool],
        "read_work_queue": queue, "read_work_queue_by_name": queue, "read_work_queues": queues,
        "count_work_pools": 1, "count_work_queues": 2, "update_work_pool": True, "update_work_queue": True,
        "delete_work_pool": True, "delete_work_queue": True, "delete_worker": False,
        "worker_heartbeat": True, "get_scheduled_flow_runs": [], "read_workers": [],
        "get_work_pool_slot_holders": [], "get_work_queue_slot_holders": [],
        "count_work_pool_slot_holders_by_queue": {}, "count_work_pool_active_slots_bulk": {},
        "count_work_queue_active_slots_bulk": {},
    }.get(name, 0)  # fmt: skip


async def test_db_is_that_of_the_session_not_that_of_the_environment(db, session, monkeypatch, tmp_path):
    monkeypatch.setenv("PENSTOCK_DATABASE_URL", f"sqlite+aiosqlite:///{tmp_path / 'elsewhere.db'}")
    pool = await make_pool(session)
    assert await workers.read_work_pool(session=session, work_pool_id=pool.id) is pool
    assert not (tmp_path / "elsewhere.db").exists()


async def test_emitters_of_the_seed_record_events(db, session):
    pool = await make_pool(session)
    await workers.emit_work_pool_updated_event(
        session=session, work_pool=pool, changed_fields={"description": {"from": None, "to": "d"}}
    )
    await workers.emit_work_pool_status_event(
        event_id=uuid7(), occurred=utc_now(), pre_update_work_pool=None, work_pool=pool
    )


async def test_unknown_pool_is_an_error_only_where_it_is_changed(db, session):
    update = schemas.actions.WorkPoolUpdate(description="new")
    with pytest.raises(ObjectNotFoundError):
        await workers.update_work_pool(session=session, work_pool_id=uuid4(), work_pool=update)
    assert await workers.read_work_queues(session=session, work_pool_id=uuid4()) == []
