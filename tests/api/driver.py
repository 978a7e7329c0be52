"""The words in which the API's tests talk to a server, and look behind it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import sqlalchemy as sa
from fastapi import FastAPI

from penstock.core.clock import utc_now
from penstock.core.ids import uuid7
from penstock.core.states import StateType, default_state_name
from penstock.schemas.core import FlowRunPolicy
from penstock.server.database import DBInterface
from penstock.server.database.orm_models import Event

TEMPLATE = {
    "job_configuration": {"command": "{{ command }}"},
    "variables": {"type": "object", "properties": {"command": {"type": "string", "default": "true"}}},
}


def template(*, configuration: Any = None, variables: Any = None, **changes: Any) -> dict[str, Any]:
    """Return a base job template; ``changes`` add variables."""
    properties = {**TEMPLATE["variables"]["properties"], **changes}
    return {
        "job_configuration": configuration or TEMPLATE["job_configuration"],
        "variables": variables or {"type": "object", "properties": properties},
    }


def ago(**times: float) -> datetime:
    """Return a moment in the past."""
    return utc_now() - timedelta(**times)


def iso(moment: datetime) -> str:
    """Return a moment as clients write it."""
    return moment.isoformat()


@dataclass
class Api:
    """A running server: requests to it, and the rows behind it."""

    app: FastAPI
    client: httpx.AsyncClient
    db: DBInterface
    flow_id: UUID | None = field(default=None)

    async def send(
        self, method: str, path: str, body: Any = None, *, expect: int | None = None, **headers: str
    ) -> httpx.Response:
        """Send a request; with ``expect`` the status must be that."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        response = await self.client.request(method, path, json=body, headers=sent, follow_redirects=False)
        if expect is not None:
            assert response.status_code == expect, response.text
        return response

    async def get(self, path: str, *, expect: int = 200, **headers: str) -> Any:
        """Return what a GET answers."""
        return (await self.send("GET", path, expect=expect, **headers)).json()

    async def post(self, path: str, body: Any = None, *, expect: int = 200, **headers: str) -> Any:
        """Return what a POST answers."""
        response = await self.send("POST", path, body, expect=expect, **headers)
        return response.json() if response.content else None

    async def patch(self, path: str, body: Any, *, expect: int = 204) -> Any:
        """Return what a PATCH answers."""
        response = await self.send("PATCH", path, body, expect=expect)
        return response.json() if response.content else None

    async def delete(self, path: str, *, expect: int = 204) -> Any:
        """Return what a DELETE answers."""
        response = await self.send("DELETE", path, expect=expect)
        return response.json() if response.content else None

    async def create_pool(self, name: str = "pool", type: str = "process", **fields: Any) -> dict[str, Any]:
        """Create a work pool."""
        pool: dict[str, Any] = await self.post(
            "work_pools/", {"name": name, "type": type, **fields}, expect=201
        )
        return pool

    async def read_pool(self, name: str = "pool") -> dict[str, Any]:
        """Read a work pool."""
        pool: dict[str, Any] = await self.get(f"work_pools/{name}")
        return pool

    async def create_queue(self, name: str, *, pool: str = "pool", **fields: Any) -> dict[str, Any]:
        """Create a work queue in a pool."""
        queue: dict[str, Any] = await self.post(
            f"work_pools/{pool}/queues", {"name": name, **fields}, expect=201
        )
        return queue

    async def read_queue(self, name: str = "default", *, pool: str = "pool") -> dict[str, Any]:
        """Read a work queue."""
        queue: dict[str, Any] = await self.get(f"work_pools/{pool}/queues/{name}")
        return queue

    async def priorities(self, pool: str = "pool") -> dict[str, int]:
        """Return the priority of each queue of a pool, in the order of the listing."""
        queues = await self.post(f"work_pools/{pool}/queues/filter")
        return {queue["name"]: queue["priority"] for queue in queues}

    async def heartbeat(self, worker: str = "worker", *, pool: str = "pool", **fields: Any) -> None:
        """Send a heartbeat."""
        await self.post(f"work_pools/{pool}/workers/heartbeat", {"name": worker, **fields}, expect=204)

    async def create_deployment(self, name: str = "d", *, expect: int = 201, **fields: Any) -> Any:
        """Create a deployment of this test's flow, and return the answer."""
        flow_id = str(await self.add_flow())
        return await self.post("deployments/", {"name": name, "flow_id": flow_id, **fields}, expect=expect)

    async def poll(self, pool: str = "pool", *queues: str, **body: Any) -> list[str]:
        """Return the names of the runs a poll shows."""
        if queues:
            body["work_queue_names"] = list(queues)
        found = await self.post(f"work_pools/{pool}/get_scheduled_flow_runs", body)
        return [row["flow_run"]["name"] for row in found]

    async def claim(self, pool: str = "pool", worker: str = "worker", **body: Any) -> list[dict[str, Any]]:
        """Claim runs and return them."""
        claimed: list[dict[str, Any]] = await self.post(
            f"work_pools/{pool}/claim", {"worker_name": worker, **body}
        )
        return claimed

    async def propose(self, flow_run_id: UUID | str, state: str, **body: Any) -> dict[str, Any]:
        """Propose a state and return the outcome."""
        response = await self.send(
            "POST", f"flow_runs/{flow_run_id}/set_state", {"state": {"type": state}, **body}
        )
        assert response.status_code in {200, 201}, response.text
        result: dict[str, Any] = response.json()
        return result

    async def record_polls(self) -> None:
        """Let the poll recorder write what it has noted."""
        await self.app.state.poll_recorder.flush()

    async def add_flow(self) -> UUID:
        """Return the id of this test's flow."""
        if self.flow_id is None:
            self.flow_id = uuid7()
            async with self.db.session_context(begin_transaction=True) as session:
                session.add(self.db.Flow(id=self.flow_id, name=f"flow-{self.flow_id}"))
        return self.flow_id

    async def add_run(
        self,
        queue: str | UUID | None = None,
        state: str = "SCHEDULED",
        *,
        name: str | None = None,
        state_name: str | None = None,
        start: datetime | None = None,
        retry_type: Any = None,
        since: datetime | None = None,
        **columns: Any,
    ) -> UUID:
        """Write a run as it stands after some history; due a minute ago unless ``start`` says else."""
        run_id = columns.pop("id", None) or uuid7()
        state_type = StateType(state)
        if "next_scheduled_start_time" not in columns and state_type is StateType.SCHEDULED:
            columns["next_scheduled_start_time"] = start or ago(minutes=1)
        row = self.db.FlowRun(
            id=run_id,
            name=name or f"run-{run_id}",
            flow_id=await self.add_flow(),
            work_queue_id=None if queue is None else UUID(str(queue)),
            state_id=uuid7(),
            state_type=state_type,
            state_name=state_name or default_state_name(state_type),
            state_timestamp=since or ago(seconds=1),
            empirical_policy=FlowRunPolicy(retry_type=retry_type),
            **columns,
        )
        async with self.db.session_context(begin_transaction=True) as session:
            session.add(row)
        return run_id

    async def add_runs(self, queue: str, count: int, state: str = "SCHEDULED", **fields: Any) -> list[UUID]:
        """Write several runs alike; scheduled ones start a second after one another."""
        start = ago(hours=1)
        found = []
        for number in range(count):
            if state == "SCHEDULED":
                fields["start"] = start + timedelta(seconds=number)
            found.append(await self.add_run(queue, state, **fields))
        return found

    async def add_backlog(self, queue: str, count: int, **columns: Any) -> None:
        """Write many due runs at once, the oldest first."""
        flow_id, start = await self.add_flow(), ago(days=1)
        rows = [
            {
                "id": uuid7(),
                "name": f"backlog-{number}",
                "flow_id": flow_id,
                "work_queue_id": UUID(queue),
                "state_id": uuid7(),
                "state_type": StateType.SCHEDULED,
                "state_name": "Scheduled",
                "state_timestamp": start,
                "next_scheduled_start_time": start + timedelta(milliseconds=number),
                **columns,
            }
            for number in range(count)
        ]
        async with self.db.session_context(begin_transaction=True) as session:
            await session.execute(sa.insert(self.db.FlowRun), rows)

    async def count_runs(self, *states: str) -> int:
        """Count all runs in these states."""
        statement = sa.select(sa.func.count()).select_from(self.db.FlowRun)
        chosen = [StateType(state) for state in states]
        async with self.db.session_context() as session:
            return (await session.scalar(statement.where(self.db.FlowRun.state_type.in_(chosen)))) or 0

    async def add_deployment(self, queue: dict[str, Any] | None, name: str = "deployment") -> UUID:
        """Write a deployment whose runs go to a queue."""
        deployment_id = uuid7()
        row = self.db.Deployment(
            id=deployment_id,
            name=name,
            flow_id=await self.add_flow(),
            work_queue_id=UUID(queue["id"]) if queue else None,
            work_queue_name=queue["name"] if queue else None,
        )
        async with self.db.session_context(begin_transaction=True) as session:
            session.add(row)
        return deployment_id

    async def change(self, table: type[Any], row_id: str | UUID, **columns: Any) -> None:
        """Change columns behind the server's back."""
        async with self.db.session_context(begin_transaction=True) as session:
            await session.execute(
                sa.update(table)
                .where(table.id == UUID(str(row_id)))
                .values(**columns)
                .execution_options(synchronize_session=False)
            )

    async def row(self, table: type[Any], row_id: str | UUID) -> Any:
        """Return a row as it is now."""
        async with self.db.session_context() as session:
            return await session.get(table, UUID(str(row_id)))

    async def events(self, *kinds: str) -> list[Event]:
        """Return the recorded events of these kinds (``work-pool``), the oldest first."""
        async with self.db.session_context() as session:
            rows: Sequence[Event] = (await session.scalars(sa.select(self.db.Event).order_by("id"))).all()
        return [row for row in rows if not kinds or row.event.split(".")[1] in kinds]

    async def event_names(self, *kinds: str) -> list[str]:
        """Return the names of the recorded events without ``prefect.``, the oldest first."""
        return [row.event.removeprefix("prefect.") for row in await self.events(*kinds)]

    async def forget_events(self) -> None:
        """Delete all recorded events."""
        async with self.db.session_context(begin_transaction=True) as session:
            await session.execute(sa.delete(self.db.Event))


def problems(answer: Any) -> str:
    """Return what a 422 says, as one text."""
    if "detail" in answer:
        return str(answer["detail"])
    return " ".join(f"{one['loc']} {one['type']} {one['msg']}" for one in answer["exception_detail"])
