"""What the loops read, they read through indexes that hold just that (orchestration.md 5.3, 5.4)."""

import pytest
import sqlalchemy as sa

from penstock.server.database import DBInterface
from penstock.server.models import schedules
from penstock.server.orchestration import cancellation, timeouts


async def plan_of(db: DBInterface, statement: str, parameters: object) -> str:
    explain = "EXPLAIN " if db.dialect.name == "postgresql" else "EXPLAIN QUERY PLAN "
    async with db.session() as session:
        connection = await session.connection()
        if db.dialect.name == "postgresql":
            await connection.execute(sa.text("SET LOCAL enable_seqscan = off"))
        rows = await connection.exec_driver_sql(explain + statement, parameters)  # type: ignore[arg-type]
        return "\n".join(str(row) for row in rows)


@pytest.mark.parametrize(
    ("read", "arguments", "index"),
    [
        (schedules.read_deployments_to_schedule, {}, "ix_deployment_schedule__next_needed_at"),
        (timeouts.mark_late_runs, {"after_seconds": 15, "limit": 5}, "ix_flow_run__may_become_late"),
        (timeouts.fail_expired_pauses, {"limit": 5}, "ix_flow_run__paused_until"),
        (cancellation.cancel_unanswered, {"after_seconds": 300, "limit": 5}, "ix_flow_run__cancelling"),
        (cancellation.read_subflows_to_cancel, {"limit": 5}, "ix_flow_run__cancelled"),
        (cancellation.read_task_runs_to_cancel, {"limit": 5}, "ix_flow_run__cancelled"),
    ],
)
async def test_loops_read_what_changed(db: DBInterface, read, arguments, index):
    seen: list[tuple[str, object]] = []

    def remember(connection, cursor, statement, parameters, context, many) -> None:
        if statement.startswith(("SELECT", "WITH")):
            seen.append((statement, parameters))

    sa.event.listen(db.engine.sync_engine, "before_cursor_execute", remember)
    async with db.session_context(begin_transaction=True) as session:
        await read(session=session, **arguments)
    sa.event.remove(db.engine.sync_engine, "before_cursor_execute", remember)
    statement, parameters = seen[0]
    plan = await plan_of(db, statement, parameters)
    # an empty table leaves the choice open between two indexes of nothing but runs that are held
    assert index in plan or (index == "ix_flow_run__cancelling" and "ix_flow_run__slot_holders" in plan)
