"""Putting an explanation together: what is read follows from what is in the way."""

from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from penstock.schemas.responses import FlowRunExplanation
from penstock.server.database import DBInterface, db_injector
from penstock.server.database.dispatch import StartWindow
from penstock.server.database.orm_models import ConcurrencyLimit
from penstock.server.models.concurrency_limits.locks import read_limits
from penstock.server.models.concurrency_limits.usage import usage_of
from penstock.server.models.explain.ahead import Place, count_runs_ahead
from penstock.server.models.explain.durations import read_recent_durations
from penstock.server.models.explain.estimate import can_be_estimated, estimate_start, needs_durations
from penstock.server.models.explain.holders import (
    read_owners_in_pool,
    read_owners_in_queue,
    read_owners_of_limit,
)
from penstock.server.models.explain.reasons import reasons_of
from penstock.server.models.explain.situation import Situation, Slots, read_situation
from penstock.server.models.explain.workers import read_workers_of_pool
from penstock.server.models.workers.dispatch import MOST_RUNS, select_due_runs
from penstock.server.models.workers.sources import PlaceSource


@db_injector
async def explain_flow_run(
    db: DBInterface, session: AsyncSession, flow_run_id: UUID
) -> FlowRunExplanation | None:
    """Say why a run is not running, and when it will start; changes and locks nothing.

    What is due is judged by the database's clock. A slot of a deployment whose lease has run out
    counts as taken until it is freed, which a claim that needs it does at once.

    Returns:
        None when there is no such run.
    """
    situation = await read_situation(session=session, flow_run_id=flow_run_id)
    if situation is None:
        return None
    if situation.waits_for_dispatch and situation.work_pool_id is not None:
        await _read_what_stands_over(session, situation, situation.work_pool_id)
    reasons = reasons_of(situation)
    estimate = None
    if can_be_estimated(situation, reasons) and situation.work_pool_id is not None:
        durations = None
        if needs_durations(situation):
            durations = await read_recent_durations(session=session, work_pool_id=situation.work_pool_id)
        estimate = estimate_start(situation, durations)
    run = situation.run
    keeps = any(reason.keeps_it_from_dispatch for reason in reasons)
    return FlowRunExplanation(
        flow_run_id=run.id,
        name=run.name,
        state_type=run.state_type,
        state_name=run.state_name,
        work_pool_name=situation.work_pool_name,
        work_queue_name=situation.work_queue_name or run.work_queue_name,
        deployment_name=situation.deployment_name,
        is_dispatchable=not keeps,
        reasons=reasons,
        estimate=estimate,
        read_at=situation.now,
    )


async def _read_what_stands_over(session: AsyncSession, situation: Situation, work_pool_id: UUID) -> None:
    run = situation.run
    situation.workers = await read_workers_of_pool(session=session, work_pool_id=work_pool_id)
    situation.deployment = await _read_deployment_slots(session, situation)
    if situation.pool is not None and not situation.pool.free:
        situation.pool.owners = await read_owners_in_pool(session=session, work_pool_id=work_pool_id)
    assert run.work_queue_id is not None
    if situation.queue is not None and not situation.queue.free:
        situation.queue.owners = await read_owners_in_queue(session=session, work_queue_id=run.work_queue_id)
    if situation.is_due and run.next_scheduled_start_time is not None:
        limit = situation.deployment_limit
        place = Place(
            work_pool_id=work_pool_id,
            work_queue_id=run.work_queue_id,
            priority=situation.priority,
            start=run.next_scheduled_start_time,
            flow_run_id=run.id,
            limit_id=None if limit is None else limit.limit_id,
        )
        situation.ahead = await count_runs_ahead(session=session, place=place)
        situation.is_chosen = await _is_chosen(session, work_pool_id, run.id)


async def _read_deployment_slots(session: AsyncSession, situation: Situation) -> Slots | None:
    limit = situation.deployment_limit
    if limit is None:
        return None
    chosen = sa.and_(ConcurrencyLimit.id == limit.limit_id, ConcurrencyLimit.active)
    rows = await read_limits(session, chosen)
    if not rows:
        return None
    usage = usage_of(rows[0])
    slots = Slots(rows[0].name, usage.limit, usage.active_slots)
    if not slots.free:
        slots.owners = await read_owners_of_limit(session=session, limit_id=limit.limit_id)
    return slots


async def _is_chosen(session: AsyncSession, work_pool_id: UUID, flow_run_id: UUID) -> bool:
    """Ask the dispatch itself, as a claim of the whole pool does, without its locks."""
    selection = await select_due_runs(
        PlaceSource(session),
        work_pool_ids=[work_pool_id],
        work_queue_ids=None,
        window=StartWindow(due_now=True),
        limit=MOST_RUNS,
    )
    return any(run.id == flow_run_id for run in selection.runs)
