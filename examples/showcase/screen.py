"""How the demo shows what is going on: a live screen on a terminal, plain lines elsewhere."""

import time
from collections.abc import Iterable, Sequence
from types import TracebackType
from typing import Self

from rich import box
from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from penstock.schemas.responses import FlowRunResponse
from penstock.schemas.statuses import WorkerStatus
from showcase.plan import POOL_LIMIT
from showcase.watching import Snapshot

PLAIN_PAUSE_SECONDS = 2.0
FINISHED_SHOWN = 6
LONGEST_NAME = 24
STYLES = {"COMPLETED": "green", "FAILED": "red", "CRASHED": "red", "CANCELLED": "dim"}


class Screen:
    """Shows snapshots; use it as a context manager."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._began = time.monotonic()
        self._last_line = float("-inf")
        self._live = Live(console=console, refresh_per_second=8) if console.is_terminal else None

    def __enter__(self) -> Self:
        if self._live:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live:
            self._live.stop()

    def show(self, snapshot: Snapshot, *, last: bool = False) -> None:
        """Show the snapshot; without a terminal at most every two seconds, and always the last one."""
        if self._live:
            self._live.update(_picture(snapshot, self._elapsed()))
        elif last or self._elapsed() - self._last_line >= PLAIN_PAUSE_SECONDS:
            self._last_line = self._elapsed()
            print(_line(snapshot, self._elapsed()), flush=True)

    def _elapsed(self) -> float:
        return time.monotonic() - self._began


def outcome(run: FlowRunResponse) -> Text:
    """Return the state of an ended run with its message on one line."""
    message = ": ".join((run.state.message or "").splitlines()) if run.state else ""
    return Text(
        f"{run.state_name}{f': {message}' if message else ''}", style=STYLES.get(str(run.state_type), "")
    )


def plain_table(headers: Sequence[str], rows: Iterable[Sequence[object]]) -> Table:
    """Return a table without lines around it."""
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for header in headers:
        table.add_column(header, min_width=8, overflow="fold")
    for row in rows:
        table.add_row(*(value if isinstance(value, Text) else Text(str(value)) for value in row))
    return table


def _picture(snapshot: Snapshot, elapsed: float) -> Group:
    ended = len(snapshot.finished)
    bar = "━" * (40 * ended // max(len(snapshot.runs), 1))
    progress = Text.assemble(
        (bar.ljust(40, "─"), "green"),
        f" {ended} of {len(snapshot.runs)} runs ended, ",
        f"{snapshot.active} of {POOL_LIMIT} slots in use, {elapsed:.0f} s",
    )
    blank = Text("")
    last = snapshot.finished[:FINISHED_SHOWN]
    ended_table = plain_table(
        ("LAST ENDED", "TOOK", "OUTCOME"),
        [(run.name, f"{run.total_run_time:.1f} s", outcome(run)) for run in last]
        + [("", "", "")] * (FINISHED_SHOWN - len(last)),
    )
    for column in ended_table.columns:
        column.no_wrap, column.overflow = True, "ellipsis"
    ended_table.columns[0].min_width = LONGEST_NAME
    return Group(blank, _queues(snapshot), blank, _workers(snapshot), blank, ended_table, blank, progress)


def _queues(snapshot: Snapshot) -> Table:
    rows = []
    for queue in snapshot.queues:
        waiting, active, ended = snapshot.counts(queue.name)
        limit = "none" if queue.concurrency_limit is None else queue.concurrency_limit
        running = Text(str(active), style="bold cyan" if active else "dim")
        rows.append((queue.name, queue.priority, waiting, running, limit, ended))
    return plain_table(("QUEUE", "PRIORITY", "WAITING", "RUNNING", "LIMIT", "ENDED"), rows)


def _workers(snapshot: Snapshot) -> Table:
    rows = []
    for worker in sorted(snapshot.workers, key=lambda worker: worker.name):
        style = "green" if worker.status == WorkerStatus.ONLINE else "red"
        rows.append((worker.name, Text(worker.status.lower(), style=style)))
    return plain_table(("WORKER", "STATUS"), rows or [("-", "starting")])


def _line(snapshot: Snapshot, elapsed: float) -> str:
    parts = []
    for queue in snapshot.queues:
        waiting, active, ended = snapshot.counts(queue.name)
        limit = "" if queue.concurrency_limit is None else f" of {queue.concurrency_limit}"
        parts.append(f"{queue.name}: {waiting} waiting, {active}{limit} running, {ended} ended")
    return f"[{elapsed:5.1f} s] {snapshot.active} of {POOL_LIMIT} slots | " + " | ".join(parts)
