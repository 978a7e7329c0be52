"""Random use of the API against a small model of it (R9)."""

import asyncio

import httpx
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from penstock.server.app import create_app
from penstock.server.database import DBInterface
from penstock.settings import ServerSettings
from tests.faults.conftest import Report
from tests.faults.machine import AttemptMachine
from tests.faults.sizes import PART, SEED, patience, sized
from tests.faults.verdicts import Verdict
from tests.support.server import BASE_URL, WITHOUT_LOOPS, running

EXAMPLES, STEPS = sized(5, 2000), 30


@patience
def test_model(migrated_database_url: str, database_kind: str, report: Report) -> None:
    """Whatever the order of claims, reports, expiries, cancels, pauses and deletes."""
    db = DBInterface(migrated_database_url)
    app = create_app(ServerSettings(database_url=migrated_database_url, **WITHOUT_LOOPS))
    print(f"model: seed {SEED}, part {PART:g} of the long form")
    with asyncio.Runner() as runner:
        life = running(app)
        runner.run(life.__aenter__())
        client = httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url=BASE_URL)
        try:
            run_state_machine_as_test(
                seed(SEED)(lambda: AttemptMachine(db, app, client, runner)),
                settings=settings(
                    max_examples=EXAMPLES, stateful_step_count=STEPS, deadline=None, database=None,
                    phases=(Phase.generate, Phase.shrink), suppress_health_check=list(HealthCheck),
                ),
            )  # fmt: skip
        finally:
            runner.run(client.aclose())
            runner.run(life.__aexit__(None, None, None))
            runner.run(db.dispose())
    report("random use against a model", f"{EXAMPLES:,} scenes of up to {STEPS} steps", Verdict(EXAMPLES))
