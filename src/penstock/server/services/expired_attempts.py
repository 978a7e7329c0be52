"""Ends attempts whose holders are not heard of any more (design, section 3)."""

import logging
from collections.abc import Sequence
from time import monotonic
from uuid import UUID

from penstock.core.attempts import LeaseTimes
from penstock.server.database import DBInterface
from penstock.server.models import attempts
from penstock.server.orchestration.expiry import end_expired_attempt
from penstock.server.services.base import Service
from penstock.server.services.counters import Counters
from penstock.server.services.patience import Patience

BATCH = 100
MOST_ORPHANS = 1000
LEAST_JUMP_SECONDS = 0.5
"""Less than that is not told from a slow answer."""

logger = logging.getLogger(__name__)


class ExpiredAttempts(Service):
    """Gives back or crashes runs whose lease has run out.

    While the database or every server was away nobody could renew. So after its start, and after
    every time in which this loop could not look, it holds back (``Patience``). It does so too when
    the database's clock has jumped by more than half the grace: leases are over by that clock then
    of which their holders know nothing. ``patient`` False judges from the first pass on.
    """

    def __init__(
        self,
        db: DBInterface,
        *,
        interval_seconds: float,
        lease_times: LeaseTimes,
        patient: bool = True,
        counters: Counters | None = None,
    ) -> None:
        super().__init__(interval_seconds)
        self._db = db
        self._lease_times = lease_times
        self._clock_offset: float | None = None
        self._patience = Patience(lease_times) if patient else None
        self._counters = counters or Counters()

    async def run_once(self) -> None:
        """End what is over, each attempt in a transaction of its own: it may free a slot.

        What offline workers have left behind is over sooner.
        """
        await self._look_at_the_clock()
        found = await self._find()
        if self._may_judge() and await self._shorten():
            found = await self._find()
        while found and self._may_judge() and not self.is_stopping:
            ended = [await self._end(flow_run_id) for flow_run_id in found]
            self._counters.expired_attempts += sum(ended)
            self._hold_back()
            found = await self._find() if any(ended) and len(found) == BATCH else ()

    async def _find(self) -> Sequence[UUID]:
        async with self._db.session_context() as session:
            return await attempts.find_expired_attempts(session=session, limit=BATCH)

    async def _shorten(self) -> int:
        async with self._db.session_context() as session:
            orphans = await attempts.find_orphans(
                session=session, times=self._lease_times, limit=MOST_ORPHANS
            )
        if not orphans:
            return 0
        async with self._db.session_context(begin_transaction=True) as session:
            return await attempts.shorten_leases_of_orphans(
                session=session, flow_run_ids=orphans, times=self._lease_times
            )

    async def _end(self, flow_run_id: UUID) -> bool:
        """End one attempt; one that fails stands in the way of no other."""
        try:
            async with self._db.session_context(begin_transaction=True) as session:
                return await end_expired_attempt(session, flow_run_id, self._lease_times)
        except Exception:
            logger.exception("The expired attempt of flow run %s could not be ended", flow_run_id)
            return False

    async def _look_at_the_clock(self) -> None:
        """Put off judging after an absence, and after a jump of the database's clock."""
        async with self._db.session_context() as session:
            asked_at = monotonic()
            time = await attempts.read_database_time(session=session)
        has_jumped = self._has_jumped(time.timestamp(), asked_at, monotonic())
        self._hold_back(has_jumped)

    def _hold_back(self, has_jumped: bool = False) -> None:
        if self._patience is None:
            return
        now = monotonic()
        longer = self._patience.look(now)
        if has_jumped:
            longer += self._patience.start_over(now)
        if longer:
            logger.info("Nobody is judged silent for %.3g s more: until then leases can be renewed", longer)

    def _may_judge(self) -> bool:
        return self._patience is None or self._patience.ends(monotonic())

    def _has_jumped(self, time: float, asked_at: float, answered_at: float) -> bool:
        """Return whether the database's clock went on by another time than passed here since last time."""
        before, self._clock_offset = self._clock_offset, time - answered_at
        if before is None:
            return False
        uncertain = answered_at - asked_at
        allowed = max(self._lease_times.grace_seconds / 2, LEAST_JUMP_SECONDS) + uncertain
        return abs(self._clock_offset - before) > allowed
