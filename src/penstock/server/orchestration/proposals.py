"""A proposal as a client sends it: a transaction of its own, or none at all (ADR 0009).

Most proposals, RUNNING of what is PENDING and the end of what is RUNNING, change the run alone. Where
rows have versions, such a run is read without a lock, judged, and written by one statement that does
nothing if the run has changed meanwhile: two requests to the database, where lock, begin and commit
made it four. Then, and in all other cases, it is judged under its lock.
"""

from contextlib import suppress
from uuid import UUID

from penstock.core.attempts import DEFAULT_LEASE_TIMES, LeaseTimes
from penstock.core.states import StateType
from penstock.schemas.responses import OrchestrationResult
from penstock.schemas.states import State
from penstock.server.database import DBInterface
from penstock.server.orchestration.readings import look_at_transition
from penstock.server.orchestration.set_state import OvertakenError, answer, set_flow_run_state
from penstock.server.orchestration.transition import NOBODY, Proposer


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
    row_version = db.dialect.row_version
    has_parent = False
    # who proposes PENDING nearly always takes a slot
    if row_version is not None and not force and state.type is not StateType.PENDING:
        with suppress(OvertakenError):
            async with db.looking_context() as session:
                transition = await look_at_transition(
                    session, flow_run_id, row_version, state, proposer, lease_times
                )
                has_parent = transition.flow_run.parent_task_run_id is not None
                if transition.is_about_the_run_alone:
                    transition.renews_leases = renews_leases
                    return await answer(transition)
    async with db.session_context(begin_transaction=True) as session:
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
