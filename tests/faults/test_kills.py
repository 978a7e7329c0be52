"""Servers and workers die at any moment, without a word (market study, R1 and R2)."""

import asyncio
import random
from pathlib import Path

from penstock.server.database import DBInterface
from tests.faults.conftest import Report
from tests.faults.fleet import KillableServer, running_fleet
from tests.faults.load import Load
from tests.faults.sizes import chance_of, patience, sized

KILLS = sized(6, 1000)
SERVERS = {"sqlite": 1, "postgresql": 2}


async def _kill_a_server(servers: list[KillableServer], chance: random.Random) -> None:
    """Kill one; it comes back after a pause in which there may be none."""
    server = chance.choice(servers)
    await server.kill()
    await asyncio.sleep(chance.uniform(0, 0.5))
    await server.start()


@patience
async def test_kills(db: DBInterface, database_kind: str, tmp_path: Path, report: Report) -> None:
    """A third of the kills are servers. What was given to nobody alive is given to the next."""
    chance = chance_of(f"kills on {database_kind}")
    of_servers = 0
    url = db.dialect.url.render_as_string(hide_password=False)
    async with (
        running_fleet(url, SERVERS[database_kind], tmp_path) as servers,
        Load(db, [server.address for server in servers], chance) as load,
    ):
        for _ in range(KILLS):
            await asyncio.sleep(chance.uniform(0, 0.6))
            if chance.random() < 1 / 3:
                of_servers += 1
                await _kill_a_server(servers, chance)
                await load.until_completed(2)
            else:
                load.crash_a_worker()
        verdict = await load.finish()
    report(
        "kill -9 of servers and workers",
        f"{KILLS} kills at random moments: {of_servers} of servers, {KILLS - of_servers} of workers",
        verdict,
    )
