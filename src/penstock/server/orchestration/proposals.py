"""A proposal as a client sends it: committed when it is answered (ADR 0009, ADR 0014).

Most proposals, RUNNING of what is PENDING and the end of what is RUNNING, change the run alone. Where rows
have versions they need no lock: one statement reads, and one writes that does nothing if the run has
changed meanwhile. What takes a slot, and everything where there is a single writer, is read, judged and
written under its locks in a transaction without a session. If more has to change than new rows can say, or
the run has changed, all is done in a session.
"""

from contextlib import suppress
from dataclasses import dataclass
from uuid import UUID

from penstock.core.attempts import DEFAULT_LEASE_TIMES, LeaseTimes
from penstock.core.states import StateType
from penstock.schemas.responses import OrchestrationResult
from penstock.schemas.states import State
from penstock.server.database import DBInterface
from penstock.server.database.plain import SessionNeededError
from penstock.server.orchestration.readings import lock_transition, look_at_transition
from penstock.server.orchestration.set_state import OvertakenError, answer, set_flow_run_state
from penstock.server.orchestration.transition import NOBODY, Proposer


@dataclass
class _MoreIsNeededError(Exception):
    """It has to be done in a session; nothing was done."""

    has_parent: bool


async def propose_flow_run_state(
    db: DBInterface,
    flow_run_id: UUID,
    state: State,
    force: bool = False,
    renews_leases: bool = False,
    proposer: Proposer = NOBODY,
    lease_times: LeaseTimes = DEFAULT_LEASE_TIMES,
) -> OrchestrationResult:
    """Propose a state for a run, as ``set_flow_run_state`` does; it is committed when this returns.

    Raises:
        ObjectNotFoundError: there is no such run.
        ConflictError: the proposer's attempt is not the current one.
    """
    has_parent = False
    if not force:
        try:
            with suppress(OvertakenError):
                return await _answer_plainly(db, flow_run_id, state, renews_leases, proposer, lease_times)
        except _MoreIsNeededError as needed:
            has_parent = needed.has_parent
    async with db.session_context(begin_transaction=True, brief=True) as session:
        return await set_flow_run_state(
            session=session,
            flow_run_id=flow_run_id,
            state=state,
            force=force,
            renews_leases=renews_leases,
            proposer=proposer,
            lease_times=lease_times,
            has_parent=has_parent,
        )


async def _answer_plainly(
    db: DBInterface,
    flow_run_id: UUID,
    state: State,
    renews_leases: bool,
    proposer: Proposer,
    lease_times: LeaseTimes,
) -> OrchestrationResult:
    """Judge and write without a session, and where rows have versions without a lock.

    Raises:
        OvertakenError: the run has changed meanwhile.
        _MoreIsNeededError: nothing was done.
    """
    # who proposes PENDING nearly always takes a slot, which needs a lock
    row_version = None if state.type is StateType.PENDING else db.dialect.row_version
    way = db.direct_transaction() if row_version is None else db.direct_context()
    async with db.telling_context() as session, way as statements:
        if row_version is None:
            transition = await lock_transition(
                session=session,
                flow_run_id=flow_run_id,
                state=state,
                proposer=proposer,
                lease_times=lease_times,
                plainly=statements,
                in_session=False,
            )
        else:
            transition = await look_at_transition(
                session, statements, flow_run_id, row_version, state, proposer, lease_times
            )
        transition.renews_leases = renews_leases
        try:
            if row_version is not None and not transition.is_about_the_run_alone:
                raise SessionNeededError
            return await answer(transition)
        except SessionNeededError as needed:
            raise _MoreIsNeededError(transition.flow_run.parent_task_run_id is not None) from needed
