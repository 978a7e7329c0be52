"""What is going on, asked from the server again and again."""

import asyncio
from collections import Counter
from dataclasses import dataclass, field

from penstock.client import PenstockClient
from penstock.core.states import SLOT_STATES, TERMINAL_STATES, StateType
from penstock.schemas.filters import WorkPoolFilter, WorkPoolFilterName
from penstock.schemas.responses import FlowRunResponse, WorkerResponse, WorkQueueResponse
from showcase.plan import POOL

PROBE_SECONDS = 0.1


@dataclass
class Peaks:
    """The most slots seen in use at once, by asking the server ten times a second."""

    pool: int = 0
    queues: Counter[str] = field(default_factory=Counter)
    probes: int = 0

    async def probe(self, client: PenstockClient) -> None:
        """Ask for the slots in use until cancelled."""
        while True:
            status = await client.read_work_pool_concurrency_status(POOL, flow_run_limit=0)
            self.probes += 1
            self.pool = max(self.pool, status.active_slots)
            for queue in status.queues:
                self.queues[queue.queue_name] = max(self.queues[queue.queue_name], queue.active_slots)
            await asyncio.sleep(PROBE_SECONDS)


@dataclass(frozen=True)
class Snapshot:
    """One look at the pool."""

    queues: list[WorkQueueResponse]
    workers: list[WorkerResponse]
    runs: list[FlowRunResponse]

    @property
    def active(self) -> int:
        """Runs that hold a slot."""
        return sum(run.state_type in SLOT_STATES for run in self.runs)

    @property
    def finished(self) -> list[FlowRunResponse]:
        """Ended runs, the last one first."""
        ended = [run for run in self.runs if run.state_type in TERMINAL_STATES and run.end_time]
        return sorted(ended, key=lambda run: run.end_time, reverse=True)  # type: ignore[arg-type, return-value]

    def counts(self, queue: str) -> tuple[int, int, int]:
        """Return how many runs of a queue wait, hold a slot, and have ended."""
        types = [run.state_type for run in self.runs if run.work_queue_name == queue]
        waiting = sum(kind == StateType.SCHEDULED for kind in types)
        return (
            waiting,
            sum(kind in SLOT_STATES for kind in types),
            sum(kind in TERMINAL_STATES for kind in types),
        )


async def look(client: PenstockClient) -> Snapshot:
    """Return the pool as it is now."""
    only_pool = WorkPoolFilter(name=WorkPoolFilterName(any_=[POOL]))
    queues, workers, runs = await asyncio.gather(
        client.read_work_queues(POOL),
        client.read_workers(POOL),
        client.read_flow_runs(work_pool_filter=only_pool, limit=200),
    )
    return Snapshot(queues, workers, runs)
