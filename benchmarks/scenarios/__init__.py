"""What is measured, by name, in the order of the table."""

from collections.abc import Awaitable, Callable

from benchmarks.scenarios import (
    creation,
    crowd,
    cycles,
    first_line,
    floors,
    growth,
    heartbeats,
    idle,
    listings,
    plan,
    polls,
    starts,
    statements,
)
from benchmarks.stage import Stage

SCENARIOS: dict[str, Callable[[Stage], Awaitable[None]]] = {
    "polls": polls.measure_named,
    "cycles": cycles.measure,
    "heartbeats": heartbeats.measure,
    "creation": creation.measure,
    "listings": listings.measure,
    "crowd": crowd.measure,
    "statements": statements.measure,
    "first-line": first_line.measure,
    "starts": starts.measure,
    "idle": idle.measure,
    "growth": growth.measure,
    "floors": floors.measure,
    "poll-grid": polls.measure_grid,
    "plan": plan.show,
}
