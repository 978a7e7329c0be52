"""Visits every world the protocol can reach, breadth first, and says what is wrong in any of them."""

from collections import deque
from dataclasses import dataclass, field

from tests.faults.protocol import COMPLETED, LIVE, START, WAITING, Protocol, Step, World


@dataclass
class Explored:
    """Every world that was reached, from which other one and by which step."""

    protocol: Protocol
    came_by: dict[World, tuple[World, Step] | None] = field(default_factory=dict)
    before: dict[World, list[World]] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)

    def path_to(self, world: World) -> list[tuple[Step, World]]:
        """Return a shortest way there."""
        path = []
        while (last := self.came_by[world]) is not None:
            path.append((last[1], world))
            world = last[0]
        return path[::-1]

    def dead_ends(self) -> list[World]:
        """Return worlds with attempts left from which the runs cannot all be completed any more."""
        can = {world for world in self.came_by if all(run.state == COMPLETED for run in world.runs)}
        waiting = deque(can)
        while waiting:
            for world in self.before[waiting.popleft()]:
                if world not in can:
                    can.add(world)
                    waiting.append(world)
        return [world for world in self.came_by if world not in can and self._has_attempts_left(world)]

    def _has_attempts_left(self, world: World) -> bool:
        """Return whether each run could be given away once more, when all claims under way are in vain."""
        messages = [one for worker in world.workers for one in (worker.message, worker.stray)]
        claims = sum(one is not None and one.kind == "claim" for one in messages)
        most = self.protocol.rules.most_attempts - claims
        return all(run.state == COMPLETED or run.attempt < most for run in world.runs)


def explore(protocol: Protocol, *, until_wrong: bool = False) -> Explored:
    """Visit every world; worlds in which a run has had more attempts than wanted are not gone into."""
    explored = Explored(protocol, {START: None}, {START: []})
    waiting = deque([START])
    while waiting:
        world = waiting.popleft()
        for step, after in protocol.steps(world):
            if after in explored.came_by:
                explored.before[after].append(world)
                continue
            if any(run.attempt > protocol.rules.most_attempts for run in after.runs):
                continue
            explored.came_by[after] = (world, step)
            explored.before[after] = [world]
            if wrong := what_is_wrong(protocol, after):
                explored.wrong.append(f"{wrong}: {[step for step, _ in explored.path_to(after)]}")
                if until_wrong:
                    return explored
            waiting.append(after)
    return explored


def what_is_wrong(protocol: Protocol, world: World) -> str | None:
    """Return which promise this world breaks."""
    jobs = [job for worker in world.workers for job in (worker.job, worker.orphan) if job is not None]
    at_work = [job.run for job in jobs if job.phase == "works"]
    if len(at_work) != len(set(at_work)):
        return "two workers execute one run"
    if any(world.runs[run].state == COMPLETED for run in at_work):
        return "a completed run is executed"
    if sum(run.state in LIVE for run in world.runs) > protocol.rules.limit:
        return "the limit does not hold"
    if any((run.state == WAITING) != (number in world.queue) for number, run in enumerate(world.runs)):
        return "a run is lost"
    return None
