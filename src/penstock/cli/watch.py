"""Following runs until they end, and their logs."""

import asyncio
import sys
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import nullcontext
from uuid import UUID

from rich.console import Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from penstock.cli.render import console, duration, state, table
from penstock.client import PenstockClient
from penstock.core.states import TERMINAL_STATES, StateType
from penstock.schemas.core import Log
from penstock.schemas.filters import FlowRunFilter, FlowRunFilterId, LogFilter, LogFilterFlowRunId
from penstock.schemas.responses import FlowRunResponse

POLL_SECONDS = 0.5
ROWS_SHOWN = 20
PAGE = 200


async def watch_runs(
    client: PenstockClient, run_ids: Sequence[UUID], *, quiet: bool
) -> list[FlowRunResponse]:
    """Follow the runs until all have ended and return them in the order given.

    On a terminal the picture is live, elsewhere each change is one line; ``quiet`` shows nothing.
    """
    runs: list[FlowRunResponse] = []
    live_screen = sys.stdout.isatty() and not quiet
    told: dict[UUID, str | None] = {}
    with Live(console=console(), refresh_per_second=8) if live_screen else nullcontext() as live:
        async for runs in _changes(client, run_ids):
            if live is not None:
                live.update(_picture(runs))
            elif not quiet:
                _tell_changes(runs, told)
    return runs


def all_completed(runs: Iterable[FlowRunResponse]) -> bool:
    """Say whether every run completed."""
    return all(run.state_type == StateType.COMPLETED for run in runs)


async def read_new_logs(client: PenstockClient, run_id: UUID, already_read: int) -> list[Log]:
    """Return the log lines after the first ``already_read``, in order."""
    logs: list[Log] = []
    only_run = LogFilter(flow_run_id=LogFilterFlowRunId(any_=[run_id]))
    while True:
        page = await client.read_logs(
            log_filter=only_run, sort="TIMESTAMP_ASC", limit=PAGE, offset=already_read + len(logs)
        )
        logs.extend(page)
        if len(page) < PAGE:
            return logs


def reason_of(run: FlowRunResponse) -> str | None:
    """Return the message of a run's state as one line."""
    message = run.state.message if run.state else None
    return ": ".join(message.splitlines()) if message else None


async def _changes(client: PenstockClient, run_ids: Sequence[UUID]) -> AsyncIterator[list[FlowRunResponse]]:
    """Yield the runs as they are, again and again, and for the last time when all have ended."""
    while True:
        runs = await _read_runs(client, run_ids)
        yield runs
        if all(run.state_type in TERMINAL_STATES for run in runs):
            return
        await asyncio.sleep(POLL_SECONDS)


async def _read_runs(client: PenstockClient, run_ids: Sequence[UUID]) -> list[FlowRunResponse]:
    found: dict[UUID, FlowRunResponse] = {}
    for start in range(0, len(run_ids), PAGE):
        chosen = FlowRunFilter(id=FlowRunFilterId(any_=list(run_ids[start : start + PAGE])))
        page = await client.read_flow_runs(flow_run_filter=chosen, limit=PAGE)
        found.update({run.id: run for run in page})
    return [found[run_id] for run_id in run_ids if run_id in found]


def _tell_changes(runs: list[FlowRunResponse], told: dict[UUID, str | None]) -> None:
    for run in runs:
        if told.get(run.id) != run.state_name:
            told[run.id] = run.state_name
            reason = reason_of(run)
            print(f"{run.name}: {run.state_name}{f' - {reason}' if reason else ''}", flush=True)


def _picture(runs: list[FlowRunResponse]) -> Group:
    counts = Counter(str(run.state_name) for run in runs)
    total = Text(f"{len(runs)} run(s): " + ", ".join(f"{n} {name}" for name, n in sorted(counts.items())))
    active_first = sorted(runs, key=lambda run: run.state_type in TERMINAL_STATES)
    return Group(_run_rows(active_first[:ROWS_SHOWN]), total)


def _run_rows(runs: list[FlowRunResponse]) -> Table:
    rows = [
        (run.name, state(run.state_type, run.state_name), duration(run.estimated_run_time), reason_of(run))
        for run in runs
    ]
    return table(("RUN", "STATE", "RAN", "MESSAGE"), rows)
