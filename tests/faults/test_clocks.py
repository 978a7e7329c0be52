"""Clocks of servers that are wrong: only the database's clock judges (R6)."""

from pathlib import Path

import pytest

from penstock.server.database import DBInterface
from tests.faults.clocks import needs_libfaketime, off_by
from tests.faults.conftest import Report
from tests.faults.fleet import running_fleet
from tests.faults.load import Load
from tests.faults.sizes import chance_of, patience, sized

pytestmark = [patience, needs_libfaketime]


@pytest.mark.only_on("postgresql", reason="on SQLite the server's clock is the database's")
async def test_clocks_differ(db: DBInterface, database_kind: str, tmp_path: Path, report: Report) -> None:
    """One server is ten minutes ahead, the other ten minutes behind; the database is right."""
    crashes, chance = sized(3, 200), chance_of("clocks differ")
    url = db.dialect.url.render_as_string(hide_password=False)
    async with running_fleet(url, 2, tmp_path) as servers:
        for server, clock in zip(servers, ("+10m", "-10m"), strict=True):
            await server.stop()
            await server.start(off_by(clock))
        async with Load(db, [server.address for server in servers], chance) as load:
            for _ in range(crashes):
                await load.until_completed(3)
                load.crash_a_worker()
            verdict = await load.finish()
    report("clocks of servers 20 minutes apart", f"+10 and -10 minutes, {crashes} kills of workers", verdict)
