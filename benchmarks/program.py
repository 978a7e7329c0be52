"""One pass over the kinds of database and the scenarios."""

from collections.abc import AsyncIterator, Callable
from compileall import compile_dir
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import penstock
from benchmarks.arguments import Arguments
from benchmarks.databases import new_database
from benchmarks.machine import describe, has_trigrams
from benchmarks.scenarios import SCENARIOS
from benchmarks.scenes import Scene
from benchmarks.servers import OURS, THEIRS, ServerDidNotStartError, running
from benchmarks.stage import Stage
from benchmarks.wire import UnexpectedAnswerError
from benchmarks.workers import WorkerDidNotStartError

NOT_MEASURABLE = (ServerDidNotStartError, WorkerDidNotStartError, UnexpectedAnswerError, TimeoutError)
"""What ends a scenario and is told; the others are measured all the same."""

PACKAGE = Path(penstock.__file__).parent

PEER_NEEDS = (
    "Prefect is left out: it needs the extension pg_trgm, which this PostgreSQL does not have. "
    "Name a server that has it in PENSTOCK_TEST_POSTGRES_URL."
)


async def run(arguments: Arguments, keep: Callable[[Stage], None]) -> None:
    """Measure what was asked for; after each scenario ``keep`` is called with the results up to then."""
    # The peer was compiled when pip installed it; a checkout is not, or not as it is now.
    compile_dir(PACKAGE, quiet=1)
    for kind in arguments.databases:
        await _measure(kind, arguments, keep)


async def _measure(kind: str, arguments: Arguments, keep: Callable[[Stage], None]) -> None:
    with TemporaryDirectory(prefix="penstock-bench-") as folder:
        stage = Stage(kind, arguments.size, Path(folder), arguments.has_peer)
        if kind == "postgresql" and stage.has_peer and not await has_trigrams():
            stage.has_peer = False
            stage.note(PEER_NEEDS)
        stage.environment = await describe(kind, has_peer=stage.has_peer)
        print(f"\n{kind}: {stage.environment} Load {stage.load:.1f}.", flush=True)
        for name in arguments.scenarios:
            try:
                async with _servers(stage, name):
                    await SCENARIOS[name](stage)
            except NOT_MEASURABLE as error:
                stage.note(f"{name} was not finished: {str(error).splitlines()[0]}")
            keep(stage)


@asynccontextmanager
async def _servers(stage: Stage, scenario: str) -> AsyncIterator[None]:
    """Give a scenario servers that nothing else was done to."""
    names = [OURS, THEIRS] if stage.has_peer else [OURS]
    async with AsyncExitStack() as stack:
        for name in names:
            folder = stage.folder / f"{scenario}-{name.lower()}"
            folder.mkdir()
            database = await stack.enter_async_context(new_database(stage.kind, name.lower(), folder))
            server = await stack.enter_async_context(running(name, database, folder))
            stage.scenes.append(await Scene.prepare(server))
        try:
            yield
        finally:
            stage.scenes.clear()
