"""Runs agree with their histories, and the task runs they stand for agree with them."""

import sqlalchemy as sa

from penstock.schemas.responses import Finding
from penstock.server.models.doctor.check import Check, Examined, Findings, count_of, rows_of


async def find_forgotten_states(examined: Examined) -> Findings:
    """Find runs whose current state is not the newest of their history."""
    run, history = examined.db.FlowRun, examined.db.FlowRunState
    is_written = sa.exists().where(
        history.id == run.state_id, history.flow_run_id == run.id, history.type == run.state_type
    )
    has_newer = sa.exists().where(
        history.flow_run_id == run.id,
        sa.or_(run.state_timestamp.is_(None), history.timestamp > run.state_timestamp),
    )
    rows = await rows_of(
        examined,
        sa.select(run.id, run.name, run.state_name).where(
            sa.or_(sa.and_(run.state_id.is_not(None), sa.not_(is_written)), has_newer)
        ),
    )
    return Findings([
        Finding(
            sentence=f"The run '{row.name}' is {row.state_name}, not the newest state of its history.",
            ids={"flow_run": row.id},
        )
        for row in rows
    ])  # fmt: skip


async def find_parents_out_of_step(examined: Examined) -> Findings:
    """Find task runs that stand for a flow run and are in another state than it."""
    run, task = examined.db.FlowRun, examined.db.TaskRun
    rows = await rows_of(
        examined,
        sa.select(
            run.id,
            run.name,
            run.state_type,
            task.id.label("task_run_id"),
            task.state_type.label("parent_type"),
        )
        .join(task, task.id == run.parent_task_run_id)
        .where(run.state_type.is_not(None), run.state_type.is_distinct_from(task.state_type)),
    )
    return Findings([
        Finding(
            sentence=f"The run '{row.name}' is {row.state_type}, its parent task run {row.parent_type}.",
            ids={"flow_run": row.id, "task_run": row.task_run_id},
        )
        for row in rows
    ])  # fmt: skip


HISTORY_CHECKS = (
    Check(
        "states-are-written-down",
        "The state of every run is the newest of its history.",
        lambda db: count_of(db.FlowRun, db.FlowRun.state_id.is_not(None)),
        find_forgotten_states,
        is_quick=False,
    ),
    Check(
        "parents-follow",
        "Every task run that stands for a flow run is in its state.",
        lambda db: count_of(db.FlowRun, db.FlowRun.parent_task_run_id.is_not(None)),
        find_parents_out_of_step,
        is_quick=False,
    ),
)
