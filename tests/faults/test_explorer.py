"""Every interleaving of the claim protocol with two workers, two runs and one slot (R10)."""

from typing import Any

import pytest

from penstock.server.database import DBInterface
from tests.faults.conftest import Report
from tests.faults.explorer import explore
from tests.faults.protocol import Protocol, Rules
from tests.faults.replay import Replay
from tests.faults.sizes import PART, chance_of, patience, sized
from tests.faults.verdicts import Verdict

RULES = Rules(most_faults=(1 if PART < 1 else 2) if PART else 0)

pytestmark = patience


def test_explorer(report: Report) -> None:
    """No world breaks a promise, and from each the runs can still be completed."""
    explored = explore(Protocol(RULES))
    lost = [str(world) for world in explored.dead_ends()]
    size = f"{RULES.most_attempts} attempts a run, {RULES.most_faults} crashes or losses"
    report(
        "all interleavings of the protocol",
        f"{size}, lateness without bound: {len(explored.came_by):,} worlds",
        Verdict(2, lost=lost, doubled=explored.wrong),
        database="model",
    )


@pytest.mark.parametrize(
    "weakened", [{"grace": -1}, {"counts_from_receipt": True, "grace": 0}, {"is_fenced": False}], ids=str
)
def test_search_sees_what_is_wrong(weakened: dict[str, Any]) -> None:
    """With a shorter wait, another way of counting, or no fence, two executions are found."""
    rules = Rules(most_faults=0)._replace(**weakened)
    assert explore(Protocol(rules), until_wrong=True).wrong


@pytest.mark.only_on("sqlite", reason="the functions are the same; transactions of one session do not race")
async def test_replay(db: DBInterface, database_kind: str, report: Report) -> None:
    """The server goes the model's ways: paths to worlds picked at random, step by step."""
    chance = chance_of("replay")
    explored = explore(Protocol(Rules(most_attempts=2 if PART else 1, most_faults=1 if PART else 0)))
    replay = Replay(db)
    paths = sized(20, 2000)
    worlds = list(explored.came_by)
    wrong: list[str] = []
    steps = 0
    for world in chance.sample(worlds, paths):
        path = explored.path_to(world)
        steps += len(path)
        wrong += await replay.walk(path)
    report(
        "the model's paths with the real functions",
        f"{paths:,} paths of {steps:,} steps",
        Verdict(2 * paths, doubled=wrong),
    )
