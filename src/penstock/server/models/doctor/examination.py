"""All checks, one after the other, over a session that only reads."""

from collections.abc import Iterable

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from penstock.schemas.responses import CheckResult, DoctorReport
from penstock.server.database import DBInterface, db_injector
from penstock.server.database.expressions import database_now
from penstock.server.models.doctor.attempts import ATTEMPT_CHECKS
from penstock.server.models.doctor.check import DEFAULT_PATIENCE, MOST_FINDINGS, Check, Examined, Patience
from penstock.server.models.doctor.histories import HISTORY_CHECKS
from penstock.server.models.doctor.leases import LEASE_CHECKS
from penstock.server.models.doctor.limits import LIMIT_CHECKS
from penstock.server.models.doctor.pools import POOL_CHECKS

CHECKS: tuple[Check, ...] = (*LIMIT_CHECKS, *ATTEMPT_CHECKS, *LEASE_CHECKS, *POOL_CHECKS, *HISTORY_CHECKS)
"""Every invariant that is checked, in the order of the report."""

QUICK_CHECKS: tuple[Check, ...] = tuple(check for check in CHECKS if check.is_quick)
"""Those whose cost does not grow with the history of runs."""


@db_injector
async def examine(
    db: DBInterface,
    session: AsyncSession,
    checks: Iterable[Check] = CHECKS,
    patience: Patience = DEFAULT_PATIENCE,
    counts: bool = True,
) -> DoctorReport:
    """Run checks against the database and report what they looked at and found; changes nothing.

    Args:
        patience: how long what the server's loops settle may be overdue.
        counts: count what each check looks at; that may cost more than the check.
    """
    examined = Examined(db, session, patience)
    results = [await _run(examined, check, counts=counts) for check in checks]
    return DoctorReport(
        checked_at=(await session.scalars(sa.select(database_now()))).one(),
        violation_count=sum(len(result.violations) for result in results),
        override_count=sum(len(result.overrides) for result in results),
        checks=results,
    )


async def _run(examined: Examined, check: Check, *, counts: bool) -> CheckResult:
    population = check.population(examined.db)
    checked = (await examined.session.scalar(population) or 0) if counts else 0
    found = await check.find(examined)
    return CheckResult(
        name=check.name,
        sentence=check.sentence,
        checked=checked,
        violations=found.violations[:MOST_FINDINGS],
        overrides=found.overrides[:MOST_FINDINGS],
        is_complete=max(len(found.violations), len(found.overrides)) <= MOST_FINDINGS,
    )
