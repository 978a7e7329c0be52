"""One pass over the kinds of database and the scenarios."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.arguments import Arguments
from benchmarks.databases import new_database
from benchmarks.scenarios import SCENARIOS
from benchmarks.scenes import Scene
from benchmarks.servers import OURS, THEIRS, running
from benchmarks.stage import Stage


async def run(arguments: Arguments) -> list[Stage]:
    """Measure what was asked for and return the results, one stage for each kind of database."""
    stages = []
    for kind in arguments.databases:
        print(f"\n{kind}", flush=True)
        with TemporaryDirectory(prefix="penstock-bench-") as folder:
            stage = Stage(kind, arguments.size, Path(folder), arguments.has_peer)
            for name in arguments.scenarios:
                async with _servers(stage, name):
                    await SCENARIOS[name](stage)
            stages.append(stage)
    return stages


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
