"""What cannot run stands in nobody's way (R13)."""

from penstock.schemas.states import Pending
from penstock.server.database import DBInterface
from tests.concurrency.scenes import limited, run_of
from tests.concurrency.test_dispatch import add_backlog, claim, fill
from tests.faults.conftest import Report
from tests.faults.sizes import patience
from tests.faults.verdicts import Verdict
from tests.support.factories import default_queue, make_pool, make_run, propose

BLOCKED = 10_000


@patience
async def test_blocked(db: DBInterface, database_kind: str, report: Report) -> None:
    """10,000 runs wait for the slot of their deployment; the next claim gives the one that is free."""
    async with db.session_context(begin_transaction=True) as session:
        pool = await make_pool(session)
        queue = await default_queue(session, pool)
        saturated = await limited(session, 1, queue)
        await fill(session, queue, saturated)
        await add_backlog(session, queue, saturated, BLOCKED)
        free = await make_run(session, queue)
        assert (await propose(session, await run_of(session, saturated, queue), Pending())).status != "ACCEPT"
    async with db.session_context(begin_transaction=True) as session:
        given = await claim(session, pool)
    lost = [] if given == [free.name] else [f"{free.name}: given were {given}"]
    report(
        "blocked runs in front of a free one", f"{BLOCKED:,} blocked runs", Verdict(BLOCKED + 1, lost=lost)
    )
