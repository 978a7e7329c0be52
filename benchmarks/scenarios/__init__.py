"""What is measured, by name, in the order of the table."""

from collections.abc import Awaitable, Callable

from benchmarks.scenarios import creation, cycles, floors, growth, heartbeats, listings, polls
from benchmarks.stage import Stage

SCENARIOS: dict[str, Callable[[Stage], Awaitable[None]]] = {
    "polls": polls.measure_named,
    "cycles": cycles.measure,
    "heartbeats": heartbeats.measure,
    "creation": creation.measure,
    "listings": listings.measure,
    "floors": floors.measure,
    "growth": growth.measure,
    "poll-grid": polls.measure_grid,
}
