"""How many SQL statements each hot request takes."""

from statistics import median

from benchmarks.counting import Counter, counted
from benchmarks.databases import new_database
from benchmarks.scenarios.cycles import WIDE_LIMIT, propose
from benchmarks.scenarios.polls import poll_request
from benchmarks.scenes import Scene
from benchmarks.servers import OURS, THEIRS, running
from benchmarks.stage import Stage
from benchmarks.wire import Connection, connected, encode

POOL = "counted"
RUNS = 30
"""The median over so many leaves out what the loops of a server do meanwhile."""

STATES = ("PENDING", "RUNNING", "COMPLETED")
REQUESTS = ("poll", *STATES, "heartbeat")


async def measure(stage: Stage) -> None:
    """Count on PostgreSQL, where a door can stand between a server and its database."""
    if stage.kind != "postgresql":
        stage.note("Statements are counted on PostgreSQL only; both databases are sent the same ones.")
        return
    names = [OURS, THEIRS] if stage.has_peer else [OURS]
    found = {name: await _count(stage, name) for name in names}
    for request in REQUESTS:
        theirs = found.get(THEIRS)
        stage.record(
            f"SQL statements of a {request}" if request == "poll" else f"SQL statements of {request}", "",
            median(found[OURS][request]), median(theirs[request]) if theirs else None,
            key=f"statements-{request.lower()}",
        )  # fmt: skip


async def _count(stage: Stage, name: str) -> dict[str, list[int]]:
    folder = stage.folder / f"counted-{name.lower()}"
    folder.mkdir()
    async with (
        new_database(stage.kind, "counted", folder) as database,
        counted(database) as (door, counter),
        running(name, door, folder) as server,
    ):
        scene = await Scene.prepare(server)
        pool = await scene.pool(POOL, 10, limit=WIDE_LIMIT, queue_limit=WIDE_LIMIT)
        await scene.due_runs(pool.queues, 1_000)
        async with connected(server.port) as (connection,):
            return await _carry_through(connection, counter)


async def _carry_through(connection: Connection, counter: Counter) -> dict[str, list[int]]:
    counts: dict[str, list[int]] = {request: [] for request in REQUESTS}

    def note(request: str) -> None:
        counts[request].append(counter.statements)
        counter.statements = 0

    headers = {"x-prefect-worker-name": "counted"}
    heartbeat = encode("POST", f"/work_pools/{POOL}/workers/heartbeat", {"name": "counted"})
    for _ in range(RUNS):
        counter.statements = 0
        answer = await connection.ask(poll_request(POOL, 10, headers))
        note("poll")
        run_id = answer.json()[0]["flow_run"]["id"]
        for state in STATES:
            await propose(connection, run_id, state, headers)
            note(state)
        await connection.ask(heartbeat)
        note("heartbeat")
    return counts
