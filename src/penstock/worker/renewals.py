"""The sign of life for the worker and for all runs it is at, and what the server answers to it."""

import asyncio
import random
from collections.abc import Iterator, Mapping
from uuid import UUID

import structlog

from penstock.client import ApiError, NoAnswer, PenstockClient, ServerUnavailable
from penstock.core.states import StateType
from penstock.schemas.responses import RenewedAttempts
from penstock.worker.contact import ServerContact, pauses
from penstock.worker.crew import Crew
from penstock.worker.held_run import HeldRun
from penstock.worker.lost_claims import LostClaims

MOST_PER_REQUEST = 1000
_FIRST_PATIENCE_SECONDS = 10.0
_LEAST_PATIENCE_SECONDS = 1.0
_SHORTEST_PAUSE_SECONDS = 0.05
_PATIENCE_OF_A_LEASE = 1 / 3

log = structlog.get_logger()


class Renewals:
    """Renews the leases of the runs that are here; each request is the worker's heartbeat too.

    What the server says about a run is passed on to it. When no server has answered for a whole lease, the
    jobs are ended: a grace later their runs are given to other workers. A server that answers, though it
    cannot renew (503 while its database is away), gives nothing away, so jobs go on.

    ``may_claim`` is set while the server lets this worker have more runs; never before its first answer.
    """

    def __init__(
        self,
        client: PenstockClient,
        contact: ServerContact,
        crew: Crew,
        lost_claims: LostClaims,
        *,
        pool: str,
        worker_name: str,
        heartbeat_interval_seconds: int,
    ) -> None:
        self.may_claim = asyncio.Event()
        self._client = client
        self._contact = contact
        self._crew = crew
        self._lost_claims = lost_claims
        self._pool = pool
        self._worker_name = worker_name
        self._heartbeat_interval_seconds = heartbeat_interval_seconds
        self._terms: RenewedAttempts | None = None
        self._is_drained = False
        self._pauses = pauses()

    async def run(self) -> None:
        """Renew until cancelled: as often as the server asks, or sooner where heartbeats are due sooner."""
        while True:
            is_renewed = await self.renew()
            if is_renewed:
                self._pauses = pauses()
            await asyncio.sleep(self._pause(is_renewed=is_renewed))

    async def renew(self) -> bool:
        """Renew all leases once; return whether the server did so."""
        for batch in _batches(self._crew.held_runs):
            if not await self._renew(batch):
                return False
        return True

    async def _renew(self, held: Mapping[UUID, HeldRun]) -> bool:
        sent_at = self._now()
        try:
            answer = await self._ask({run_id: one.attempt for run_id, one in held.items()})
        except NoAnswer as error:
            self._contact.lost(error)
            self._end_what_is_given_away()
            return False
        except ApiError as error:
            for one in self._crew.held_runs.values():
                one.lease.bear(sent_at)
            if isinstance(error, ServerUnavailable):
                self._contact.lost(error)
            else:
                self._contact.refused("leases are not renewed", error)
            return False
        self._contact.made()
        self._terms = answer
        self._heed_draining(answer)
        for standing in answer.attempts:
            one = held[standing.flow_run_id]
            if not standing.is_yours:
                one.revoke(standing.reason or "its attempt is over")
                continue
            one.lease.renew(sent_at, answer.lease_seconds)
            if standing.state_type is StateType.CANCELLING:
                one.cancel()
        self._lost_claims.notice(answer)
        return True

    async def _ask(self, attempts: Mapping[UUID, int]) -> RenewedAttempts:
        try:
            async with asyncio.timeout(self._patience()):
                return await self._client.renew_attempts(
                    self._pool, self._worker_name, attempts, self._heartbeat_interval_seconds
                )
        except TimeoutError:
            address = self._client.api_url
            raise NoAnswer(503, f"The server at {address} does not answer: it took too long.") from None

    def _heed_draining(self, answer: RenewedAttempts) -> None:
        if answer.is_draining and not self._is_drained:
            log.info("the server drains this worker: it claims no more runs, and goes on with those it has")
        elif self._is_drained and not answer.is_draining:
            log.info("the server does not drain this worker any more: it claims runs again")
        self._is_drained = answer.is_draining
        if self._is_drained:
            self.may_claim.clear()
        else:
            self.may_claim.set()

    def _end_what_is_given_away(self) -> None:
        if self._terms is None:
            return
        for held in self._crew.held_runs.values():
            if held.lease.left <= 0:
                held.lapse(grace_seconds=self._terms.grace_seconds)

    def _left(self) -> float | None:
        """Return the seconds until the first lease here is over; None when there is none."""
        return min((held.lease.left for held in self._crew.held_runs.values()), default=None)

    def _patience(self) -> float:
        if self._terms is None:
            return _FIRST_PATIENCE_SECONDS
        longest = self._terms.lease_seconds * _PATIENCE_OF_A_LEASE
        left = self._left()
        return longest if left is None else min(longest, max(left, _LEAST_PATIENCE_SECONDS))

    def _pause(self, *, is_renewed: bool) -> float:
        interval = float(self._heartbeat_interval_seconds)
        if self._terms is not None:
            interval = min(interval, self._terms.renewal_seconds)
        if is_renewed:
            return interval * random.uniform(0.9, 1.0)
        left = self._left()
        pause = min(interval, next(self._pauses))
        return pause if left is None else min(pause, max(left, _SHORTEST_PAUSE_SECONDS))

    def _now(self) -> float:
        return asyncio.get_running_loop().time()


def _batches(held: Mapping[UUID, HeldRun]) -> Iterator[dict[UUID, HeldRun]]:
    """Yield the runs in parts that one request may name; one empty part when there are none."""
    runs = list(held.items())
    for start in range(0, max(1, len(runs)), MOST_PER_REQUEST):
        yield dict(runs[start : start + MOST_PER_REQUEST])
