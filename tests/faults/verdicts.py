"""What a campaign has to show at its end: nothing lost, nothing doubled, limits held, no slot taken."""

from dataclasses import dataclass, field

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from penstock.core.states import StateType
from penstock.server.database import DBInterface
from tests.faults.journal import Journal
from tests.races import audit, deployment_audit


@dataclass
class Verdict:
    """The four counts that must be 0, with what stands behind them."""

    runs: int
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)
    leaked: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def check(self) -> None:
        """Fail with all there is to say."""
        found = {name: what for name, what in vars(self).items() if name != "runs" and what}
        if found:
            raise AssertionError("\n".join(f"{name}: {one}" for name, what in found.items() for one in what))


async def judge(db: DBInterface, journal: Journal, created: set[str]) -> Verdict:
    """Compare the database with the journal; ``created`` are the runs whose creation was confirmed."""
    async with db.engine.connect() as connection:
        run = db.FlowRun
        rows = (
            await connection.execute(sa.select(run.id, run.state_type, run.attempt, run.lease_kind))
        ).all()
        after_the_end = await _after_the_end(db, connection)
    violations, leaked = await read_counts(db)
    leaked += [f"held: {row.id}" for row in rows if row.lease_kind is not None]
    executions = journal.by_run()
    known = {str(row.id) for row in rows}
    lost = [f"{run_id}: its creation was confirmed" for run_id in created - known]
    lost += [f"{row.id}: {row.state_type}" for row in rows if row.state_type is not StateType.COMPLETED]
    lost += [
        f"{row.id}: COMPLETED, and nobody did it"
        for row in rows
        if row.state_type is StateType.COMPLETED
        and not any(one.is_done for one in executions.get(str(row.id), ()))
    ]
    late = [
        f"{row.id}: executed as attempt {one.attempt} after {row.attempt}"
        for row in rows
        for one in executions.get(str(row.id), ())
        if one.attempt > row.attempt
    ]
    return Verdict(
        len(rows), lost, journal.doubled() + late + after_the_end, violations, leaked, list(journal.problems)
    )


async def read_counts(db: DBInterface) -> tuple[list[str], list[str]]:
    """Return the violations that the triggers saw, and the slots that are still taken."""
    async with db.engine.connect() as connection:
        violations = [str(one) for one in await audit.violations(connection)]
        violations += [str(one) for one in await deployment_audit.violations(connection)]
        leaked = []
        if held := await audit.still_held(connection):
            leaked.append(f"{held} slots by the running count")
        groups = await deployment_audit.counts(connection)
        leaked += [f"{group}: {held}" for group, (held, _) in groups.items() if held]
        leases = await connection.scalar(sa.select(sa.func.count()).select_from(db.ConcurrencyLease))
        leaked += [f"{leases} leases of deployments"] if leases else []
        slots = sa.select(sa.func.coalesce(sa.func.sum(db.ConcurrencyLimit.active_slots), 0))
        if taken := await connection.scalar(slots):
            leaked.append(f"{taken} slots of limits")
    return violations, leaked


async def _after_the_end(db: DBInterface, connection: AsyncConnection) -> list[str]:
    """Name runs that were COMPLETED once and have another state now, or the same one again."""
    state, run = db.FlowRunState, db.FlowRun
    found = await connection.execute(
        sa.select(run.id, run.state_type)
        .join(state, state.flow_run_id == run.id)
        .where(state.type == StateType.COMPLETED, state.id != run.state_id)
    )
    return [f"{run_id}: {kind} after COMPLETED" for run_id, kind in found]
