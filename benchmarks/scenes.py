"""What stands on a server before something is measured: pools, queues, due runs, slot holders."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from benchmarks.copies import store
from benchmarks.servers import Server
from penstock.core.clock import utc_now

FLOW = "no-op"
POOL_OF_DEPLOYMENT = "home"
AGO = timedelta(hours=1)
"""Since when the run is due that all others are copies of; nobody polls its pool."""

RUN_COLUMNS = (
    *("id", "state_id", "state_type", "state_name", "work_queue_id", "work_queue_name"),
    *("expected_start_time", "next_scheduled_start_time", "start_time"),
)
STATE_COLUMNS = ("id", "flow_run_id", "type", "name")


@dataclass(frozen=True)
class Queue:
    id: UUID
    name: str


@dataclass(frozen=True)
class Pool:
    name: str
    queues: list[Queue]


@dataclass(frozen=True)
class _Kind:
    type: str
    name: str


DUE = _Kind("SCHEDULED", "Late")
"""Runs that wait are already marked, so no loop of either server changes them while somebody measures."""
UNDER_WAY = _Kind("RUNNING", "Running")


class Scene:
    """One server with a flow, a deployment and a run of it, of which the others are copies."""

    def __init__(self, server: Server, deployment_id: UUID, run: UUID, state: UUID) -> None:
        self.server = server
        self.deployment_id = deployment_id
        self.run_id = run
        self._state = state
        self._store = store(server.database)

    @classmethod
    async def prepare(cls, server: Server) -> "Scene":
        """Make what everything else hangs on."""
        flow = await server.call("POST", "/flows/", {"name": FLOW})
        await server.call("POST", "/work_pools/", {"name": POOL_OF_DEPLOYMENT, "type": "process"})
        deployment = await server.call(
            "POST",
            "/deployments/",
            {"name": FLOW, "flow_id": flow["id"], "work_pool_name": POOL_OF_DEPLOYMENT},
        )
        state = {"type": "SCHEDULED", "state_details": {"scheduled_time": (utc_now() - AGO).isoformat()}}
        run = await server.call("POST", f"/deployments/{deployment['id']}/create_flow_run", {"state": state})
        return cls(server, UUID(deployment["id"]), UUID(run["id"]), UUID(run["state_id"]))

    async def pool(
        self, name: str, queues: int = 1, *, limit: int | None = None, queue_limit: int | None = None
    ) -> Pool:
        """Make a pool with so many queues, all of them with the same limit."""
        body: dict[str, Any] = {"name": name, "type": "process", "concurrency_limit": limit}
        made = await self.server.call("POST", "/work_pools/", body)
        first = await self.server.call(
            "POST",
            f"/work_pools/{name}/queues",
            {"name": "queue-1", "priority": 2, "concurrency_limit": queue_limit},
        )
        more = [Queue(uuid4(), f"queue-{number}") for number in range(2, queues + 1)]
        await self._store.copy(
            "work_queue",
            UUID(first["id"]),
            ("id", "name", "priority"),
            [(queue.id, queue.name, number) for number, queue in enumerate(more, start=3)],
        )
        assert made["default_queue_id"]
        return Pool(name, [Queue(UUID(first["id"]), "queue-1"), *more])

    async def due_runs(self, queues: Sequence[Queue], count: int) -> None:
        """Add runs that are due, spread evenly over queues."""
        await self._add(queues, count, DUE)

    async def running_runs(self, queues: Sequence[Queue], count: int) -> None:
        """Add runs that hold slots, spread evenly over queues."""
        await self._add(queues, count, UNDER_WAY)

    async def clear(self) -> None:
        """Delete all runs but the one that the others are copies of."""
        await self._store.delete_all_but("flow_run", "id", self.run_id)
        await self._store.delete_all_but("flow_run_state", "flow_run_id", self.run_id)
        await self.settle()

    async def settle(self) -> None:
        """Let the database catch up with what was added or deleted."""
        await self._store.settle(["flow_run", "flow_run_state", "work_queue"])

    async def _add(self, queues: Sequence[Queue], count: int, kind: _Kind) -> None:
        ids = [(uuid4(), uuid4()) for _ in range(count)]
        await self._store.copy(
            "flow_run_state",
            self._state,
            STATE_COLUMNS,
            ((state_id, run_id, kind.type, kind.name) for run_id, state_id in ids),
        )
        await self._store.copy("flow_run", self.run_id, RUN_COLUMNS, _runs(ids, queues, kind))
        await self.settle()


def _runs(ids: Sequence[tuple[UUID, UUID]], queues: Sequence[Queue], kind: _Kind) -> Iterator[Sequence[Any]]:
    """Yield runs whose times are an hour ago, a millisecond apart, and shuffled among the queues."""
    first = utc_now() - AGO - timedelta(milliseconds=len(ids))
    for number, (run_id, state_id) in enumerate(ids):
        queue = queues[number % len(queues)]
        planned: datetime = first + timedelta(milliseconds=number)
        due, started = (planned, None) if kind is DUE else (None, planned)
        yield (run_id, state_id, kind.type, kind.name, queue.id, queue.name, planned, due, started)
