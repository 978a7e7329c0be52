"""On what was measured: the machine, the versions, the database."""

import os
import platform
import sqlite3
from importlib.metadata import version
from pathlib import Path

from benchmarks import peer
from benchmarks.databases import administer

CPU_INFO = Path("/proc/cpuinfo")
PEER_PACKAGES = ("prefect", "fastapi", "sqlalchemy")
DURABILITY = ("fsync", "synchronous_commit", "full_page_writes")


async def describe(kind: str, *, has_peer: bool) -> str:
    """Return one sentence on the machine and on all that took part."""
    parts = [
        f"{os.cpu_count()} × {_cpu_model()}",
        f"Python {platform.python_version()}",
        await _database(kind),
        f"Penstock {version('penstock')} on SQLAlchemy {version('sqlalchemy')}",
    ]
    if has_peer:
        parts.append(", ".join(f"{name} {peer.version(name)}" for name in PEER_PACKAGES))
    return "; ".join(parts) + "."


async def has_trigrams() -> bool:
    """Tell whether PostgreSQL has the extension without which the peer does not start."""
    return bool(await administer("SELECT count(*) FROM pg_available_extensions WHERE name = 'pg_trgm'"))


async def _database(kind: str) -> str:
    if kind == "sqlite":
        return f"SQLite {sqlite3.sqlite_version}"
    settings = [f"{name} {await administer(f'SHOW {name}')}" for name in DURABILITY]
    return f"PostgreSQL {await administer('SHOW server_version')} ({', '.join(settings)})"


def _cpu_model() -> str:
    lines = CPU_INFO.read_text().splitlines() if CPU_INFO.exists() else []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.machine()
