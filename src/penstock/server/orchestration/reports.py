"""Reports of several runs at once, each judged as if it had come alone (ADR 0011).

Most reports, RUNNING of what was claimed and the end of what runs, change the run alone. Those of one
request are judged under one lock after the other and written together. Whatever else has to change with
a run, slots of a deployment or the task of a parent, is locked one run at a time everywhere: such runs
are left for transactions of their own, so that no request holds two of them.
"""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from penstock.core.attempts import DEFAULT_LEASE_TIMES, LeaseTimes
from penstock.core.errors import ConflictError, ObjectNotFoundError, PenstockError, UnavailableError
from penstock.schemas.responses import OrchestrationResult
from penstock.schemas.states import State
from penstock.server.database import DBInterface
from penstock.server.database.failures import is_transient
from penstock.server.database.plain import Statements
from penstock.server.models.run_states import GatheredStates, write_gathered_states
from penstock.server.orchestration.proposals import propose_flow_run_state
from penstock.server.orchestration.readings import lock_runs, transition_of
from penstock.server.orchestration.set_state import answer
from penstock.server.orchestration.transition import Proposer

logger = logging.getLogger(__name__)

Outcome = OrchestrationResult | Exception
"""The answer to a report, or what a proposal of its own would have raised."""


@dataclass(frozen=True, slots=True)
class Report:
    """A state that is proposed for a run, and who proposes it."""

    flow_run_id: UUID
    state: State
    proposer: Proposer


async def report_flow_run_states(
    db: DBInterface,
    reports: Sequence[Report],
    renews_leases: bool = False,
    lease_times: LeaseTimes = DEFAULT_LEASE_TIMES,
) -> list[Outcome]:
    """Propose states for runs; they are committed when this returns.

    Each is answered as ``propose_flow_run_state`` would answer it, one after the other. Several of
    one run hold in their order. None keeps another one from being written.

    Args:
        reports: those of one run name the transition ids of the later ones (``Proposer.goes_on``).
        renews_leases: whoever reports renews the leases of the runs' deployment slots while they run.
        lease_times: how long an attempt may go on unheard of.

    Returns:
        The outcomes, in the order of the reports.

    Raises:
        UnavailableError: the database is away; some reports may have been written, and sending all again
            is harmless.
        DBAPIError: as before, for a failure that passes.
    """
    outcomes = await _write_together(db, reports, lease_times) if len(reports) > 1 else {}
    for number, report in enumerate(reports):
        if number not in outcomes:
            outcomes[number] = await _write_alone(db, report, renews_leases, lease_times)
    return [outcomes[number] for number in range(len(reports))]


async def _write_together(
    db: DBInterface, reports: Sequence[Report], lease_times: LeaseTimes
) -> dict[int, Outcome]:
    """Return the outcomes by number, without those that are left for transactions of their own."""
    try:
        async with db.telling_context() as session, db.direct_transaction() as statements:
            return await _judge_together(session, statements, reports, lease_times)
    except (DBAPIError, OverflowError) as error:
        if isinstance(error, DBAPIError) and is_transient(error):
            raise
        # one of them cannot be stored: whichever it is, it is to fail alone
        logger.warning("%d reports could not be written together: %s", len(reports), error)
        return {}


async def _judge_together(
    session: AsyncSession, statements: Statements, reports: Sequence[Report], lease_times: LeaseTimes
) -> dict[int, Outcome]:
    """Write all reports about runs alone; return the outcomes by number, without those that are left."""
    rows = await lock_runs(statements, (one.flow_run_id for one in reports), _speaker(reports))
    gathered = GatheredStates()
    outcomes: dict[int, Outcome] = {}
    left: set[UUID] = set()
    for number, report in enumerate(reports):
        row = rows.get(report.flow_run_id)
        if row is None:
            outcomes[number] = ObjectNotFoundError("Flow run", report.flow_run_id)
            continue
        transition = transition_of(
            session, statements, row, None, report.state, report.proposer, lease_times, in_session=False
        )
        if report.flow_run_id in left or not transition.is_about_the_run_alone:
            left.add(report.flow_run_id)
            continue
        transition.gathered = gathered
        try:
            outcomes[number] = await answer(transition)
        except ConflictError as error:
            outcomes[number] = error
    await write_gathered_states(session=session, statements=statements, gathered=gathered)
    return outcomes


async def _write_alone(
    db: DBInterface, report: Report, renews_leases: bool, lease_times: LeaseTimes
) -> Outcome:
    try:
        return await propose_flow_run_state(
            db,
            report.flow_run_id,
            report.state,
            renews_leases=renews_leases,
            proposer=report.proposer,
            lease_times=lease_times,
        )
    except UnavailableError:
        raise
    except (PenstockError, OverflowError) as error:
        return error
    except DBAPIError as error:
        if is_transient(error):
            raise
        return error


def _speaker(reports: Iterable[Report]) -> str | None:
    """Return the name of who reports; one request has one sender."""
    return next((report.proposer.worker_name for report in reports), None)
