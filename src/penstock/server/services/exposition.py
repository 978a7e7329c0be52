"""The metrics in the text format of Prometheus."""

from collections.abc import Iterable, Iterator

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from penstock.schemas.responses import DoctorReport
from penstock.server.models.traffic import Backlog, PoolUse
from penstock.server.services.counters import Counters

MEDIA_TYPE = CONTENT_TYPE_LATEST


def metrics_text(
    backlogs: list[Backlog], uses: list[PoolUse], counters: Counters, report: DoctorReport | None
) -> bytes:
    """Return the text; without a report nothing is told of violations."""
    registry = CollectorRegistry(auto_describe=False)
    families = [*_of_queues(backlogs), *_of_pools(uses), *_of_process(counters), *_of_doctor(report)]
    registry.register(_Families(families))
    return generate_latest(registry)


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


def _of_process(counters: Counters) -> Iterator[Metric]:
    yield CounterMetricFamily("penstock_claims", "Claims this server has answered.", value=counters.claims)
    yield CounterMetricFamily(
        "penstock_claimed_runs", "Runs this server has given away by claims.", value=counters.claimed_runs
    )
    yield CounterMetricFamily(
        "penstock_expired_attempts",
        "Attempts this server has ended because their holders were not heard of.",
        value=counters.expired_attempts,
    )


def _of_doctor(report: DoctorReport | None) -> Iterator[Metric]:
    violations = GaugeMetricFamily(
        "penstock_doctor_violations",
        "What the last examination found violated, by check; absent after one that took too long.",
        labels=["check"],
    )
    for check in report.checks if report else ():
        violations.add_metric([check.name], len(check.violations))
    yield violations
