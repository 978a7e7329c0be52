"""Measure dispatch and the hot writes: ``python -m benchmarks [DATABASE_URL ...]``.

Without a URL a SQLite file in a temporary folder is used. A named database must be empty or one
that a benchmark made: its pools, flows and runs are deleted first.
"""

import asyncio
import sys
from tempfile import TemporaryDirectory

from benchmarks.dispatch import measure


async def main(urls: list[str]) -> None:
    """Measure each database in turn."""
    with TemporaryDirectory() as folder:
        for url in urls or [f"sqlite+aiosqlite:///{folder}/bench.db"]:
            await measure(url)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
