"""What the databases themselves say of a poll: its statements, their plans, and what they looked at."""

import re
from collections.abc import Iterable, Sequence
from uuid import UUID

from benchmarks.report import table, table_line
from benchmarks.scenarios.polls import PREFETCH, Shape, lay_out
from benchmarks.scenes import Scene
from benchmarks.stage import Stage
from penstock.core.clock import utc_now
from penstock.server.database import DBInterface
from penstock.server.database.dispatch import StartWindow
from penstock.server.models.workers.dispatch import read_polled_runs
from penstock.server.models.workers.polled_runs import PolledRunSource
from tests.support.plans import Plan
from tests.support.watching import Watch, watched

QUEUES = 100
QUEUE_LIMIT = 50
"""Where there is a limit, the poll counts who holds slots."""

WANTED = 10
SMALL, LARGE = 1_000, 100_000
WORKER = "planned"

ASIDES = re.compile(r"Buffers:|Planning:|Sort Method:|Heap Fetches:|Heap Blocks:|Buckets:|Batches:")
"""Lines of PostgreSQL that say nothing about the way."""

VALUES = re.compile(r"'[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}'|'\d{4}-\d\d-\d\d [0-9:.+]+'")
"""Ids and times, which are others with each call."""

COLUMNS = re.compile(r"flow_run\.\w+(?: AS \w+)?(?:, flow_run\.\w+(?: AS \w+)?){3,}")


async def show(stage: Stage) -> None:
    """Watch a poll with a small and with a large backlog; the page shows the plan with the large one."""
    backlogs = (SMALL, stage.shape(LARGE))
    watches = [await _watch(stage.ours, runs) for runs in backlogs]
    plans = _plans(watches[-1])
    stage.evidence = "\n\n".join(
        [
            f"A poll of {WANTED}, {backlogs[-1]:,} runs in {QUEUES} limited queues: {len(plans)} statements.",
            *(_told(number, plan) for number, plan in enumerate(plans, start=1)),
            table(["", *(f"{runs:,} runs" for runs in backlogs)], _costs(stage.kind, watches)),
        ]
    )
    print(stage.evidence, flush=True)


async def _watch(scene: Scene, runs: int) -> Watch:
    pool = await lay_out(scene, Shape(f"planned-{runs}", QUEUES, runs, queue_limit=QUEUE_LIMIT))
    found = await scene.server.call("GET", f"/work_pools/{pool}")
    db = DBInterface(scene.server.database.url)
    try:
        async with db.looking_context() as session, watched(db) as watch:
            given = await read_polled_runs(
                PolledRunSource(db, db.statements_of(session)),
                work_pool_ids=[UUID(found["id"])],
                work_queue_ids=None,
                window=StartWindow(before=utc_now() + PREFETCH),
                limit=WANTED,
                worker_name=WORKER,
            )
    finally:
        await db.dispose()
    assert len(given) == WANTED
    return watch


def _plans(watch: Watch) -> Sequence[Plan]:
    return [plan for plan in watch.plans if not plan.is_for_any_values]


def _told(number: int, plan: Plan) -> str:
    statement = COLUMNS.sub("flow_run.*", "\n".join(line.strip() for line in plan.statement.splitlines()))
    lines = [line for line in plan.text.splitlines() if not ASIDES.search(line)]
    told = VALUES.sub("'…'", "\n".join(lines))
    return f"Statement {number}:\n\n```sql\n{statement}\n```\n\n```\n{told}\n```"


def _costs(kind: str, watches: Sequence[Watch]) -> list[str]:
    def line(what: str, counts: Iterable[int]) -> str:
        return table_line([what, *(f"{count:,}" for count in counts)])

    if kind == "sqlite":
        return [line("steps of the virtual machine", (watch.steps for watch in watches))]
    plans = [_plans(watch) for watch in watches]
    looked_at = (sum(plan.looked_at.get("flow_run", 0) for plan in some) for some in plans)
    pages = (sum(plan.pages for plan in some) for some in plans)
    return [
        line("rows of `flow_run` looked at", looked_at),
        line("pages of tables and indexes read", pages),
    ]
