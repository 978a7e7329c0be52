"""One table and one statement: claim a batch with SKIP LOCKED, mark it done, nothing else."""

import asyncio
import time
from typing import Any

from benchmarks.databases import Database, connect

_TABLE = """
CREATE TABLE job (id bigint PRIMARY KEY, is_taken boolean NOT NULL DEFAULT false);
CREATE INDEX ix_job__waiting ON job (id) WHERE NOT is_taken;
"""
_CLAIM = """
UPDATE job SET is_taken = true
WHERE id IN (SELECT id FROM job WHERE NOT is_taken ORDER BY id LIMIT $1 FOR UPDATE SKIP LOCKED)
RETURNING id
"""


async def measure(database: Database, *, batch: int, connections: int, seconds: float) -> float:
    """Return how many rows a second are claimed."""
    opened = [await connect(database.url) for _ in range(connections)]
    try:
        await opened[0].execute("DROP TABLE IF EXISTS job")
        await opened[0].execute(_TABLE)
        await opened[0].execute(
            "INSERT INTO job (id) SELECT * FROM generate_series(1, $1::bigint)",
            int(seconds * 100_000) + 10_000,
        )
        await opened[0].execute("VACUUM ANALYZE job")
        start = time.perf_counter()
        claimed = await asyncio.gather(*(_claim(one, batch, start + seconds) for one in opened))
        return sum(claimed) / (time.perf_counter() - start)
    finally:
        for one in opened:
            await one.close()


async def _claim(connection: Any, batch: int, deadline: float) -> int:
    claim = await connection.prepare(_CLAIM)
    done = 0
    while time.perf_counter() < deadline and (rows := await claim.fetch(batch)):
        done += len(rows)
    return done
