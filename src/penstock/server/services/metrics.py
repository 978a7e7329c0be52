"""What a Prometheus server reads: computed when it asks, at most once in a few seconds."""

import asyncio
import logging
from collections.abc import Iterable, Iterator
from time import monotonic

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from penstock.schemas.responses import DoctorReport
from penstock.server.database import DBInterface
from penstock.server.models import doctor
from penstock.server.models.doctor.check import DEFAULT_PATIENCE, Patience
from penstock.server.models.traffic import Backlog, PoolUse, read_backlogs, read_pool_use
from penstock.server.services.counters import Counters

KEPT_SECONDS = 5.0
"""How long an answer is given again."""

EXAMINED_EVERY_SECONDS = 60.0
LONGEST_EXAMINATION_SECONDS = 5.0

logger = logging.getLogger(__name__)


class Metrics:
    """Reads the metrics of a database, and shows them with what this process has counted.

    The database is examined by the quick checks only, and a check that takes too long is given up.
    """

    def __init__(self, db: DBInterface, counters: Counters, *, patience: Patience = DEFAULT_PATIENCE) -> None:
        self._db = db
        self._counters = counters
        self._patience = patience
        self._one_at_a_time = asyncio.Lock()
        self._text = b""
        self._read_at: float | None = None
        self._report: DoctorReport | None = None
        self._examined_at: float | None = None

    async def text(self) -> bytes:
        """Return the metrics in the text format of Prometheus."""
        async with self._one_at_a_time:
            if self._read_at is None or monotonic() - self._read_at >= KEPT_SECONDS:
                await self._examine()
                async with self._db.session_context() as session:
                    backlogs = await read_backlogs(session=session)
                    uses = await read_pool_use(session=session)
                families = [*_of_queues(backlogs), *_of_pools(uses), *self._of_process(), *self._of_doctor()]
                registry = CollectorRegistry(auto_describe=False)
                registry.register(_Families(families))
                self._text, self._read_at = generate_latest(registry), monotonic()
            return self._text

    async def _examine(self) -> None:
        if self._examined_at is not None and monotonic() - self._examined_at < EXAMINED_EVERY_SECONDS:
            return
        self._examined_at = monotonic()
        try:
            async with asyncio.timeout(LONGEST_EXAMINATION_SECONDS), self._db.session_context() as session:
                self._report = await doctor.examine(
                    session=session, checks=doctor.QUICK_CHECKS, patience=self._patience, counts=False
                )
        except TimeoutError:
            self._report = None
            logger.warning("The checks for the metrics took longer than %g s", LONGEST_EXAMINATION_SECONDS)

    def _of_process(self) -> Iterator[Metric]:
        counters = self._counters
        yield CounterMetricFamily(
            "penstock_claims", "Claims this server has answered.", value=counters.claims
        )
        yield CounterMetricFamily(
            "penstock_claimed_runs", "Runs this server has given away by claims.", value=counters.claimed_runs
        )
        yield CounterMetricFamily(
            "penstock_expired_attempts",
            "Attempts this server has ended because their holders were not heard of.",
            value=counters.expired_attempts,
        )

    def _of_doctor(self) -> Iterator[Metric]:
        violations = GaugeMetricFamily(
            "penstock_doctor_violations",
            "What the last examination found violated, by check; absent after one that took too long.",
            labels=["check"],
        )
        for check in self._report.checks if self._report else ():
            violations.add_metric([check.name], len(check.violations))
        yield violations


class _Families(Collector):
    """Hands out what was read already."""

    def __init__(self, families: Iterable[Metric]) -> None:
        self._families = families

    def collect(self) -> Iterable[Metric]:
        """Return the families."""
        return self._families


def _of_queues(backlogs: list[Backlog]) -> Iterator[Metric]:
    labels = ["work_pool", "work_queue"]
    depth = GaugeMetricFamily("penstock_due_runs", "Runs that are due and wait, by queue.", labels=labels)
    wait = GaugeMetricFamily(
        "penstock_oldest_wait_seconds", "How long the first due run of a queue has waited.", labels=labels
    )
    for one in backlogs:
        depth.add_metric([one.work_pool, one.work_queue], one.due_runs)
        wait.add_metric([one.work_pool, one.work_queue], one.oldest_wait_seconds)
    yield depth
    yield wait


def _of_pools(uses: list[PoolUse]) -> Iterator[Metric]:
    labels = ["work_pool"]
    occupied = GaugeMetricFamily("penstock_slots_occupied", "Slots occupied in a pool.", labels=labels)
    limit = GaugeMetricFamily("penstock_slots_limit", "Slots of a pool that has a limit.", labels=labels)
    workers = GaugeMetricFamily("penstock_workers_online", "Workers online, by pool.", labels=labels)
    for one in uses:
        occupied.add_metric([one.work_pool], one.occupied)
        workers.add_metric([one.work_pool], one.workers_online)
        if one.limit is not None:
            limit.add_metric([one.work_pool], one.limit)
    yield occupied
    yield limit
    yield workers
