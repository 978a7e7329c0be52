"""Makes the runs of schedules ahead of their time (orchestration.md 3.2, 3.3)."""

import logging
from datetime import datetime, timedelta
from uuid import UUID

from penstock.core.clock import utc_now
from penstock.core.moments import moved
from penstock.server.database import DBInterface
from penstock.server.models import schedules
from penstock.server.services.base import Service

logger = logging.getLogger(__name__)

POSTPONE_SECONDS = 60.0
"""How long a deployment is left alone whose schedules could not be read."""


class Scheduler(Service):
    """Keeps enough runs ahead for every active schedule of deployments that are not paused.

    One loop does what a thorough one and a quick one would: schedules say themselves when they
    need more runs, so a pass reads those only, the changed ones and the ones running out alike.
    """

    def __init__(
        self,
        db: DBInterface,
        *,
        interval_seconds: float,
        batch_size: int,
        min_runs: int,
        max_runs: int,
        min_scheduled_time: timedelta,
        max_scheduled_time: timedelta,
    ) -> None:
        super().__init__(interval_seconds)
        self._db = db
        self._batch_size = batch_size
        self._min_runs = min_runs
        self._max_runs = max_runs
        self._min_scheduled_time = min_scheduled_time
        self._max_scheduled_time = max_scheduled_time

    async def run_once(self) -> None:
        """Look at every deployment that needs runs, each in a transaction of its own.

        A deployment at which this fails is logged and tried again a minute later.
        """
        last: UUID | None = None
        while True:
            async with self._db.session_context() as session:
                found = await schedules.read_deployments_to_schedule(
                    session=session, after=last, limit=self._batch_size
                )
            for deployment_id in found:
                await self._schedule(deployment_id)
            if len(found) < self._batch_size:
                return
            last = found[-1]

    async def _schedule(self, deployment_id: UUID) -> None:
        try:
            plans = await self._plans(deployment_id, self.horizon(), needed=True)
            async with self._db.session_context(begin_transaction=True) as session:
                await schedules.schedule_needed_runs(
                    session=session, deployment_id=deployment_id, plans=plans
                )
        except Exception:
            logger.exception("Deployment %s could not be scheduled", deployment_id)
            async with self._db.session_context(begin_transaction=True) as session:
                await schedules.postpone_scheduling(
                    session=session, deployment_id=deployment_id, seconds=POSTPONE_SECONDS
                )

    async def make_runs(self, deployment_id: UUID, horizon: schedules.Horizon) -> list[UUID] | None:
        """Make the runs of a deployment's schedules now, as ``schedules.schedule_runs`` does.

        Returns:
            The ids of the new runs; None when there is no such deployment.
        """
        plans = await self._plans(deployment_id, horizon)
        async with self._db.session_context(begin_transaction=True) as session:
            return await schedules.schedule_runs(session=session, deployment_id=deployment_id, plans=plans)

    async def _plans(
        self, deployment_id: UUID, horizon: schedules.Horizon, *, needed: bool = False
    ) -> schedules.Plans:
        async with self._db.session_context() as session:
            rows = await schedules.read_active_schedules(
                session=session, deployment_id=deployment_id, needed=needed
            )
        return await schedules.make_plans({row.id: row.schedule for row in rows}, horizon)

    def horizon(
        self,
        *,
        start: datetime | None = None,
        end: datetime | None = None,
        min_time: timedelta | None = None,
        min_runs: int | None = None,
        max_runs: int | None = None,
    ) -> schedules.Horizon:
        """Return how far ahead runs are made from now on, as far as nothing else is asked for."""
        start = start or utc_now()
        return schedules.Horizon(
            start=start,
            end=end or moved(start, self._max_scheduled_time),
            min_time=self._min_scheduled_time if min_time is None else min_time,
            min_runs=self._min_runs if min_runs is None else min_runs,
            max_runs=self._max_runs if max_runs is None else max_runs,
        )
