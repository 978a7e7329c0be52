"""The end of the demo: what happened, from the states the server recorded."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from statistics import median

from rich.console import Console
from rich.table import Table
from rich.text import Text

from penstock.client import PenstockClient
from penstock.core.states import SLOT_STATES, TERMINAL_STATES, StateType
from penstock.schemas.responses import FlowRunResponse
from penstock.schemas.states import State
from showcase.plan import FAILING_DEPLOYMENT, POOL_LIMIT, PlannedRun
from showcase.screen import outcome, plain_table
from showcase.watching import Peaks, Snapshot

Interval = tuple[datetime, datetime]


@dataclass(frozen=True)
class Usage:
    """Slots of the pool or of one queue: the limit, and the most that was in use at once."""

    where: str
    limit: int | None
    seen: int
    exact: int

    @property
    def within_limit(self) -> bool:
        """Whether neither measure went over the limit."""
        return self.limit is None or max(self.seen, self.exact) <= self.limit


def slot_intervals(states: Iterable[State]) -> list[Interval]:
    """Return when a run held a slot: from each first PENDING or RUNNING to the next state without a slot."""
    intervals: list[Interval] = []
    since: datetime | None = None
    for state in sorted(states, key=lambda state: state.timestamp):
        if state.type in SLOT_STATES:
            since = since or state.timestamp
        elif since is not None:
            intervals.append((since, state.timestamp))
            since = None
    return intervals


def exact_peak(intervals: Iterable[Interval]) -> int:
    """Return the most intervals that overlap; one that ends when another begins does not overlap it."""
    changes = [change for begin, end in intervals for change in ((begin, 1), (end, -1))]
    peak = current = 0
    for _, change in sorted(changes):
        current += change
        peak = max(peak, current)
    return peak


async def report(
    client: PenstockClient, console: Console, planned: list[PlannedRun], snapshot: Snapshot, peaks: Peaks
) -> list[str]:
    """Print the summary and return what went wrong; an empty list means that all is well."""
    usages = await _measure(client, snapshot, peaks)
    failed = [run for run in snapshot.finished if run.state_type != StateType.COMPLETED]
    _heading(console, "Order by priority: the places of a queue's runs among all starts")
    console.print(_order_table(snapshot))
    _heading(console, f"Slots: limit, peak seen in {peaks.probes} looks, exact peak from the recorded states")
    console.print(_slots_table(usages))
    _heading(
        console, f"{len(snapshot.finished) - len(failed)} runs completed, {len(failed)} did not, and why"
    )
    console.print(plain_table(("RUN", "OUTCOME"), ((run.name, outcome(run)) for run in by_name(failed))))
    console.print()
    return _problems(planned, snapshot, usages)


async def _measure(client: PenstockClient, snapshot: Snapshot, peaks: Peaks) -> list[Usage]:
    histories = await asyncio.gather(*(client.read_flow_run_states(run.id) for run in snapshot.runs))
    held: dict[str | None, list[Interval]] = {None: []}
    for run, states in zip(snapshot.runs, histories, strict=True):
        intervals = slot_intervals(states)
        held[None] += intervals
        held.setdefault(run.work_queue_name, []).extend(intervals)
    of_queues = (
        Usage(
            f"queue {queue.name}",
            queue.concurrency_limit,
            peaks.queues[queue.name],
            exact_peak(held.get(queue.name, [])),
        )
        for queue in snapshot.queues
    )
    return [Usage("whole pool", POOL_LIMIT, peaks.pool, exact_peak(held[None])), *of_queues]


def _order_table(snapshot: Snapshot) -> Table:
    started = sorted((run for run in snapshot.runs if run.start_time), key=_start_time)
    places: dict[str | None, list[int]] = {}
    for place, run in enumerate(started, start=1):
        places.setdefault(run.work_queue_name, []).append(place)
    rows = (
        (queue.name, queue.priority, len(of_queue), of_queue[0], f"{median(of_queue):g}", of_queue[-1])
        for queue in snapshot.queues
        if (of_queue := places.get(queue.name))
    )
    return plain_table(("QUEUE", "PRIORITY", "RUNS", "FIRST", "MEDIAN", "LAST"), rows)


def _slots_table(usages: list[Usage]) -> Table:
    rows = []
    for usage in usages:
        verdict = Text("kept", style="green") if usage.within_limit else Text("EXCEEDED", style="bold red")
        if usage.limit is None:
            rows.append((usage.where, "none", usage.seen, usage.exact, ""))
        else:
            rows.append((usage.where, usage.limit, usage.seen, usage.exact, verdict))
    return plain_table(("WHERE", "LIMIT", "SEEN", "EXACT", ""), rows)


def _problems(planned: list[PlannedRun], snapshot: Snapshot, usages: list[Usage]) -> list[str]:
    problems = [f"The limit of the {usage.where} was exceeded." for usage in usages if not usage.within_limit]
    runs = {run.name: run for run in snapshot.runs}
    for plan in planned:
        run = runs.get(plan.name)
        if run is None or run.state_type not in TERMINAL_STATES:
            problems.append(f"Run {plan.name} is missing or has not ended.")
            continue
        expected = StateType.FAILED if plan.deployment == FAILING_DEPLOYMENT else StateType.COMPLETED
        if run.state_type != expected:
            problems.append(f"Run {plan.name} ended as {run.state_name}, not as {expected.capitalize()}.")
    return problems


def _start_time(run: FlowRunResponse) -> datetime:
    assert run.start_time is not None
    return run.start_time


def by_name(runs: list[FlowRunResponse]) -> list[FlowRunResponse]:
    """Return the runs ordered by name."""
    return sorted(runs, key=lambda run: run.name)


def _heading(console: Console, text: str) -> None:
    console.print(f"\n[bold]{text}[/]")
