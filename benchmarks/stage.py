"""Where scenarios are played: one kind of database, the servers on it, the size, and the results."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from os import getloadavg
from pathlib import Path
from statistics import median

from benchmarks.figures import Figure
from benchmarks.load import Sample
from benchmarks.report import line
from benchmarks.scenes import Scene
from benchmarks.turns import Contestant, interleave

Measure = Callable[[Scene], Awaitable[Sample]]
Prepare = Callable[[Scene], Awaitable[None]]

FULL_SECONDS = 5.0
FULL_REPETITIONS = 5
SHORT_REPETITIONS = 3
SHORT = 0.1
"""From this size on the shapes that the targets name are measured as they are; below, a part of them."""


@dataclass(frozen=True)
class Race:
    """The repetitions of one measurement, on Penstock and on the peer if it takes part."""

    ours: list[Sample]
    theirs: list[Sample]


@dataclass
class Stage:
    kind: str
    size: float
    folder: Path
    has_peer: bool
    environment: str = ""
    """The machine, the versions, the database, in one sentence."""

    load: float = field(default_factory=lambda: getloadavg()[0])
    """How busy the machine was before anything was measured."""

    scenes: list[Scene] = field(default_factory=list)
    figures: list[Figure] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    evidence: str = ""
    """What a database says of its own work, for the page."""

    @property
    def ours(self) -> Scene:
        return next(scene for scene in self.scenes if scene.server.is_ours)

    @property
    def seconds(self) -> float:
        """How long one repetition lasts."""
        return FULL_SECONDS * min(self.size, 1.0)

    @property
    def repetitions(self) -> int:
        if self.size < SHORT:
            return 1
        return FULL_REPETITIONS if self.size >= 1 else SHORT_REPETITIONS

    @property
    def few(self) -> int:
        """How many repetitions where one takes long."""
        return self.repetitions if self.size >= 1 else 1

    def shape(self, count: int) -> int:
        """Return a number of rows that a target names; the short form keeps it."""
        return max(10, round(count * min(1.0, self.size / SHORT)))

    def scaled(self, count: int) -> int:
        """Return a number of rows that shrinks with the size."""
        return max(10, round(count * min(1.0, self.size)))

    async def race(
        self, measure: Measure, before: Prepare | None = None, *, repetitions: int | None = None
    ) -> Race:
        """Measure every server in turn, several times."""
        contestants = [self.contestant(scene, measure, before) for scene in self.scenes]
        await interleave(contestants, repetitions or self.repetitions)
        return Race(
            [sample for one in contestants if one.server.is_ours for sample in one.samples],
            [sample for one in contestants if not one.server.is_ours for sample in one.samples],
        )

    def contestant(self, scene: Scene, measure: Measure, before: Prepare | None = None) -> Contestant:
        """Return what takes turns with others: a measurement on one server."""
        prepare = None if before is None else lambda: before(scene)
        return Contestant(scene.server.name, scene.server, lambda: measure(scene), prepare)

    def latency(self, race: Race, what: str, key: str = "") -> None:
        """Record the median latency."""
        self._record_race(race, f"{what}: median latency", "ms", lambda one: one.milliseconds, key)

    def rate(self, race: Race, what: str, key: str = "") -> None:
        """Record how much was done in a second."""
        self._record_race(race, f"{what}: per second", "/s", lambda one: one.per_second, key)

    def cpu(self, race: Race, what: str, key: str = "") -> None:
        """Record the processor time of the server for one unit of work, over all repetitions.

        The kernel counts it in hundredths of a second, so a short repetition alone tells little.
        """
        self._record_cpu(race, f"{what}: server CPU", lambda one: one.cpu_seconds, key)
        if self.kind == "postgresql":
            self._record_cpu(race, f"{what}: PostgreSQL CPU", lambda one: one.database_cpu_seconds, "")

    def record(
        self, what: str, unit: str, ours: float, theirs: float | None = None, *, key: str = "",
        reference: str = "Prefect",
    ) -> None:  # fmt: skip
        """Keep a result and show it."""
        figure = Figure(self.kind, what, unit, ours, theirs, reference, key)
        self.figures.append(figure)
        print(line(figure), flush=True)

    def note(self, text: str) -> None:
        """Keep a sentence about what was left out."""
        self.notes.append(text)
        print(f"  {text}", flush=True)

    def _record_cpu(self, race: Race, what: str, pick: Callable[[Sample], float | None], key: str) -> None:
        ours, theirs = (_milliseconds_each(samples, pick) for samples in (race.ours, race.theirs))
        if ours is not None:
            self.record(what, "ms", ours, theirs, key=key)

    def _record_race(
        self, race: Race, what: str, unit: str, pick: Callable[[Sample], float], key: str
    ) -> None:
        theirs = median(map(pick, race.theirs)) if race.theirs else None
        self.record(what, unit, median(map(pick, race.ours)), theirs, key=key)


def _milliseconds_each(samples: list[Sample], pick: Callable[[Sample], float | None]) -> float | None:
    units = sum(one.units for one in samples)
    seconds = [pick(one) for one in samples]
    if not units or None in seconds:
        return None
    return sum(one or 0.0 for one in seconds) * 1000 / units
