"""Reports in batches leave the rows, and get the answers, that the same reports sent one by one do."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from penstock.schemas.core import FlowRunPolicy
from penstock.schemas.states import Running
from tests.api.driver import Api, ago
from tests.support.factories import make_run
from tests.support.task_runs import make_task_run, task_history

KINDS = ("plain", "plain too", "retried", "limited", "limited too", "child", "waiting", "unknown")
STATES = ("RUNNING", "COMPLETED", "FAILED", "CRASHED", "PENDING", "SCHEDULED", "PAUSED", "CANCELLING")
TIMES = ("start_time", "end_time", "lease_expires_at", "paused_until", "next_scheduled_start_time")
FIELDS = ("state_type", "state_name", "state_message", "attempt", "worker_name", "lease_kind", "run_count")


@dataclass(frozen=True)
class Item:
    """A report about the run of a kind; ``is_current``: by the attempt that was claimed."""

    kind: str
    state: str
    is_current: bool
    name: str | None
    message: str | None


items = st.builds(
    Item,
    kind=st.sampled_from(KINDS),
    state=st.sampled_from((*STATES[:3] * 3, *STATES, "CANCELLED")),
    is_current=st.integers(0, 5).map(bool),
    name=st.sampled_from((None, None, None, "Own")),
    message=st.sampled_from((None, "told")),
)


@dataclass(frozen=True)
class Twin:
    """One of two pools alike: its runs by kind, and the task that one of them stands for."""

    api: Api
    runs: Mapping[str, UUID]
    task: Any

    def bodies(self, drawn: Sequence[Item]) -> list[dict[str, Any]]:
        """Return what is sent for some items; ids of transitions are those of this twin alone."""
        return [
            {
                "flow_run_id": str(self.runs[one.kind]),
                "attempt": 1 if one.is_current else 2,
                "state": {
                    "type": one.state,
                    "name": one.name,
                    "message": one.message,
                    "state_details": {"transition_id": str(uuid4())},
                },
            }
            for one in drawn
        ]

    def plain(self, text: str | None) -> str | None:
        """Return a sentence without ids that no other twin has."""
        for kind, run_id in self.runs.items():
            text = text and text.replace(str(run_id), kind)
        return text

    def told(self, status: int, result: Mapping[str, Any] | None, reason: str | None) -> tuple[Any, ...]:
        """Return an answer as it should be on both twins."""
        if result is None:
            return status, self.plain(reason)
        state, details = result["state"], result["details"]
        shown = (state["type"], state["name"], state["message"])
        return status, result["status"], shown, self.plain(details.get("reason"))

    async def rows(self) -> dict[str, Any]:
        """Return what is in the database of the runs, without ids and times."""
        found: dict[str, Any] = {}
        async with self.api.db.session_context() as session:
            for kind, run_id in self.runs.items():
                run = await session.get(self.api.db.FlowRun, run_id)
                if run is not None:
                    columns = {name: getattr(run, name) for name in FIELDS}
                    times = {name: getattr(run, name) is None for name in TIMES}
                    policy = run.empirical_policy.model_dump(exclude={"pause_keys"})
                    has_run = bool(run.total_run_time)
                    found[kind] = columns | times | policy | {"has_run": has_run}
                    found[f"{kind}: states"] = await self._history(session, run_id)
                    found[f"{kind}: events"] = await self._events(session, run_id)
                    found[f"{kind}: leases"] = await self._leases(session, run_id)
            states = await task_history(session, self.task)
            found["task"] = [(one.type, one.name, one.message) for one in states]
        return found

    async def _history(self, session: Any, run_id: UUID) -> list[Any]:
        table = self.api.db.FlowRunState
        rows = await session.scalars(
            sa.select(table).where(table.flow_run_id == run_id).order_by(table.timestamp)
        )
        return [(row.type, row.name, row.message) for row in rows]

    async def _events(self, session: Any, run_id: UUID) -> list[Any]:
        table = self.api.db.Event
        of_run = table.resource_id == f"prefect.flow-run.{run_id}"
        rows = (await session.scalars(sa.select(table).where(of_run).order_by(table.position))).all()
        assert [row.occurred for row in rows] == sorted(row.occurred for row in rows)
        return [(row.event, row.payload, row.follows is None) for row in rows]

    async def _leases(self, session: Any, run_id: UUID) -> list[bool]:
        table = self.api.db.ConcurrencyLease
        rows = await session.scalars(sa.select(table).where(table.flow_run_id == run_id))
        return [row.expires_at is None for row in rows]


async def make_twin(api: Api, name: str) -> Twin:
    """Make a pool with a run of each kind, claimed as far as it can be."""
    pool = await api.create_pool(name)
    queue = pool["default_queue_id"]
    runs = {"unknown": uuid4(), "waiting": await api.add_run(queue, start=ago(hours=-1))}
    for kind in ("plain", "plain too"):
        runs[kind] = await api.add_run(queue)
    runs["retried"] = await api.add_run(queue)
    await api.change(
        api.db.FlowRun, runs["retried"], empirical_policy=FlowRunPolicy(retries=1, retry_delay=0)
    )
    deployment = await api.create_deployment(
        f"limited-{name}", work_pool_name=name, work_queue_name="default", concurrency_limit=2
    )
    for kind in ("limited", "limited too"):
        made = await api.post(f"deployments/{deployment['id']}/create_flow_run", {}, expect=201)
        runs[kind] = UUID(made["id"])
    async with api.db.session_context(begin_transaction=True) as session:
        task = await make_task_run(session, await make_run(session, state=Running()))
    runs["child"] = await api.add_run(queue, parent_task_run_id=task.id)
    claimed = {UUID(one["flow_run"]["id"]) for one in await api.claim(name, limit=50)}
    assert claimed == set(runs.values()) - {runs["unknown"], runs["waiting"]}
    return Twin(api, runs, task)


async def send_one_by_one(twin: Twin, drawn: Sequence[Item]) -> list[tuple[Any, ...]]:
    """Send each item by itself."""
    found = []
    for body in twin.bodies(drawn):
        run_id = body.pop("flow_run_id")
        answer = await twin.api.send("POST", f"flow_runs/{run_id}/set_state", body)
        told = answer.json()
        result = told if answer.is_success else None
        reason = told.get("detail") or told.get("exception_message")
        found.append(twin.told(answer.status_code, result, reason))
    return found


async def send_together(twin: Twin, batches: Sequence[Sequence[Item]]) -> list[tuple[Any, ...]]:
    """Send each batch in one request, and again, as if the answer had been lost: that changes nothing."""
    found = []
    for drawn in batches:
        bodies = {"reports": twin.bodies(drawn)}
        told = (await twin.api.post("flow_runs/report", bodies))["results"]
        found += [twin.told(one["status_code"], one["result"], one["reason"]) for one in told]
        before = await twin.rows()
        again = (await twin.api.post("flow_runs/report", bodies))["results"]
        assert await twin.rows() == before
        assert 201 not in {one["status_code"] for one in again}
    return found


@settings(
    max_examples=20,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(batches=st.lists(st.lists(items, min_size=1, max_size=12), min_size=1, max_size=3))
async def test_batches_are_as_good_as_one_by_one(api: Api, batches: list[list[Item]]) -> None:
    together = await make_twin(api, f"a-{uuid4()}")
    alone = await make_twin(api, f"b-{uuid4()}")
    expected = await send_one_by_one(alone, [one for batch in batches for one in batch])
    assert await send_together(together, batches) == expected
    assert await together.rows() == await alone.rows()
