"""Claims as workers send them: committed when they are answered (ADR 0014)."""

from time import monotonic

from penstock.core.turns import Turns
from penstock.server.database import DBInterface
from penstock.server.database.orm_models import FlowRun
from penstock.server.database.plain import SessionNeededError
from penstock.server.models.workers.selection import Selection
from penstock.server.orchestration.claim import Claim, needs_session, take_due_runs

AT_ONCE = 2
"""One is at work while the next one gets ready; more only wait for the locks of the same limits."""


class Claims:
    """The claims that a server answers.

    Those of one pool are answered in their turn, a few at a time: however many workers claim from it at
    once, they don't hold all connections, and claims of other pools are not held up behind them.

    Most change nothing but runs and go to the database without a session. Where deployments have limits,
    or runs have parents, a claim begins again in one; of which pools that was so the last time is
    remembered, so that it is not done twice every time.
    """

    def __init__(self, db: DBInterface) -> None:
        self._db = db
        self._turns = Turns(AT_ONCE)
        self._pools_with_more: set[object] = set()

    async def take(self, claim: Claim) -> Selection[FlowRun]:
        """Take due runs of a pool for a worker, as ``claim_flow_runs`` does; they are committed then.

        Returns:
            What was chosen: its ``runs`` are the worker's.
        """
        pool, since = claim.chosen.work_pool_id or claim.chosen.work_pool_name, monotonic()
        async with self._turns.of(pool).turn(since):
            if pool not in self._pools_with_more:
                try:
                    return await self._take_plainly(claim, since)
                except SessionNeededError:
                    self._pools_with_more.add(pool)
            selection = await self._take_in_session(claim)
        if selection.shown and not needs_session(selection):
            self._pools_with_more.discard(pool)
        return selection

    async def _take_plainly(self, claim: Claim, since: float) -> Selection[FlowRun]:
        db = self._db
        async with (
            db.telling_context() as session,
            db.direct_transaction(since, enters_transitions=True) as statements,
        ):
            return await take_due_runs(db, session, statements, claim, in_session=False)

    async def _take_in_session(self, claim: Claim) -> Selection[FlowRun]:
        db = self._db
        async with db.session_context(begin_transaction=True, brief=True) as session:
            return await take_due_runs(db, session, db.statements_of(session), claim)
