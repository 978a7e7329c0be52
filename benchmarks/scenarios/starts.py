"""From the start of a server to its first healthy answer, and what it holds when nobody asks anything."""

import asyncio
from dataclasses import dataclass, field
from statistics import median

from benchmarks.databases import new_database
from benchmarks.servers import OURS, THEIRS, running
from benchmarks.stage import Stage
from benchmarks.turns import alone

QUIET_SECONDS = 5.0
MEGABYTE = 1 << 20


@dataclass
class _Starts:
    on_empty: list[float] = field(default_factory=list)
    on_ready: list[float] = field(default_factory=list)
    memory: list[float] = field(default_factory=list)


async def measure(stage: Stage) -> None:
    """Start both servers in turn, on an empty database and on the one they have just made."""
    names = [OURS, THEIRS] if stage.has_peer else [OURS]
    found = {name: _Starts() for name in names}
    servers = [scene.server for scene in stage.scenes]
    for turn in range(stage.repetitions):
        for name in names:
            # The servers that stand here already are of no use and ought not to disturb.
            async with alone(None, servers):
                await _start(stage, name, turn, found[name])
    for what, unit, key, number in (
        ("start to healthy, its tables made before", "s", "start", "on_ready"),
        ("start to healthy, on an empty database", "s", "start", "on_empty"),
        ("idle memory, proportional set size", "MB", "idle-memory", "memory"),
    ):
        medians = {name: median(getattr(starts, number)) for name, starts in found.items()}
        stage.record(what, unit, medians[OURS], medians.get(THEIRS), key=key)


async def _start(stage: Stage, name: str, turn: int, starts: _Starts) -> None:
    folder = stage.folder / f"start-{name.lower()}-{turn}"
    folder.mkdir()
    async with new_database(stage.kind, "start", folder) as database:
        async with running(name, database, folder) as server:
            starts.on_empty.append(server.start_seconds)
        async with running(name, database, folder) as server:
            starts.on_ready.append(server.start_seconds)
            await asyncio.sleep(QUIET_SECONDS * min(1.0, stage.size * 5))
            starts.memory.append(server.tree.memory_bytes() / MEGABYTE)
