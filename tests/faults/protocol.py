"""The claim protocol as a small machine: every state it can reach is a value that can be hashed.

Time goes by in ticks. A lease is counted by the worker from the moment in which it sent a request, by
the server from the moment in which it served it, and a grace longer. Requests and answers may be
late or get lost, servers die between commit and answer (an answer that is lost), workers die at any
step, their jobs may outlive them until the lease ends, and they come back under the same name.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

WAITING, PENDING, RUNNING, COMPLETED = "WAITING", "PENDING", "RUNNING", "COMPLETED"
LIVE = (PENDING, RUNNING)


class Rules(NamedTuple):
    """The terms of the protocol; those that weaken it are there to show that the search sees it."""

    lease: int = 2
    grace: int = 1
    limit: int = 1
    most_attempts: int = 2
    most_faults: int = 2
    counts_from_receipt: bool = False
    is_fenced: bool = True


class Run(NamedTuple):
    """A run as the server has it; ``left`` are the ticks until it may be given away."""

    state: str = WAITING
    attempt: int = 0
    left: int = 0


class Job(NamedTuple):
    """An attempt in a worker's hands; ``left`` are the ticks of its lease as the worker counts."""

    run: int
    attempt: int
    left: int
    phase: str = "held"


class Message(NamedTuple):
    """A request under way (``answer`` None) or its answer; ``age`` counts from when it was sent."""

    kind: str
    run: int
    attempt: int
    age: int = 0
    is_answer: bool = False


class Worker(NamedTuple):
    """A worker's name: its present incarnation, what outlives the former ones, and what is under way."""

    is_alive: bool = True
    job: Job | None = None
    message: Message | None = None
    orphan: Job | None = None
    stray: Message | None = None


class World(NamedTuple):
    """All there is; ``queue`` are the waiting runs in the order in which they go.

    ``faults`` counts crashes and losses; how late anything is has no bound.
    """

    runs: tuple[Run, ...]
    workers: tuple[Worker, ...]
    queue: tuple[int, ...]
    faults: int = 0


class Step(NamedTuple):
    """Something that may happen: to which worker or run, and whether its answer is lost."""

    name: str
    who: int = -1
    is_lost: bool = False


ORDINARY = Rules()
START = World((Run(), Run()), (Worker(), Worker()), (0, 1))


@dataclass(frozen=True)
class Protocol:
    """Which steps are possible in a world, and what each makes of it."""

    rules: Rules = ORDINARY

    def steps(self, world: World) -> Iterator[tuple[Step, World]]:
        """Yield every step that may come next, with the world after it."""
        yield Step("tick"), self._tick(world)
        for number, run in enumerate(world.runs):
            if run.state in LIVE and run.left == 0:
                yield Step("expire", number), self._wait_again(world, number)
        for number, worker in enumerate(world.workers):
            if worker.stray is not None:
                served, _ = self._serve(
                    _put(world, number, worker._replace(stray=None)), number, worker.stray
                )
                yield Step("serve stray", number), served
            if worker.is_alive:
                yield from self._of_worker(world, number, worker)
            else:
                yield Step("restart", number), _put(world, number, worker._replace(is_alive=True))

    def _of_worker(self, world: World, number: int, worker: Worker) -> Iterator[tuple[Step, World]]:
        if world.faults < self.rules.most_faults:
            yield Step("crash", number), _fault(self._crash(world, number, worker))
        message, job = worker.message, worker.job
        if message is not None:
            yield from self._of_message(world, number, worker, message)
        elif job is None:
            asked = Message("claim", -1, 0)
            yield Step("send claim", number), _put(world, number, worker._replace(message=asked))
        else:
            kinds = {"held": ("start", "renew"), "works": ("renew",), "done": ("complete",)}[job.phase]
            for kind in kinds:
                asked = Message(kind, job.run, job.attempt)
                yield Step(f"send {kind}", number), _put(world, number, worker._replace(message=asked))
        if job is not None and job.phase == "works":
            done = worker._replace(job=job._replace(phase="done", left=0))
            yield Step("end of job", number), _put(world, number, done)

    def _of_message(
        self, world: World, number: int, worker: Worker, message: Message
    ) -> Iterator[tuple[Step, World]]:
        if message.is_answer:
            yield Step("receive", number), self._receive(world, number, worker, message)
            return
        free = _put(world, number, worker._replace(message=None))
        served, answer = self._serve(free, number, message)
        told = served.workers[number]._replace(message=answer)
        yield Step("serve", number), _put(served, number, told)
        if world.faults < self.rules.most_faults:
            yield Step("serve", number, True), _fault(served)
            yield Step("lose request", number, True), _fault(free)

    # ── the server ────────────────────────────────────────────────────────────────────────────────

    def _serve(self, world: World, number: int, message: Message) -> tuple[World, Message]:
        refused = message._replace(is_answer=True, run=-1, attempt=-1, age=0)
        if message.kind == "claim":
            return self._give(world, number, message, refused)
        run = world.runs[message.run]
        is_current = run.state in LIVE and run.attempt == message.attempt
        if not is_current and (self.rules.is_fenced or message.kind == "renew"):
            return world, refused
        if message.kind == "complete":
            queue = tuple(one for one in world.queue if one != message.run)
            ended = Run(COMPLETED, run.attempt)
            return _set(world, message.run, ended)._replace(queue=queue), message._replace(is_answer=True)
        state = RUNNING if message.kind == "start" else run.state
        held = run._replace(state=state, left=self.rules.lease + self.rules.grace)
        return _set(world, message.run, held), message._replace(is_answer=True)

    def _give(self, world: World, number: int, message: Message, refused: Message) -> tuple[World, Message]:
        taken = sum(run.state in LIVE for run in world.runs)
        if not world.queue or taken >= self.rules.limit:
            return world, refused
        first, *others = world.queue
        attempt = world.runs[first].attempt + 1
        given = Run(PENDING, attempt, self.rules.lease + self.rules.grace)
        answer = message._replace(run=first, attempt=attempt, is_answer=True)
        return _set(world, first, given)._replace(queue=tuple(others)), answer

    def _wait_again(self, world: World, number: int) -> World:
        waits = Run(WAITING, world.runs[number].attempt)
        return _set(world, number, waits)._replace(queue=(*world.queue, number))

    # ── the worker ────────────────────────────────────────────────────────────────────────────────

    def _receive(self, world: World, number: int, worker: Worker, message: Message) -> World:
        worker = worker._replace(message=None)
        left = self.rules.lease - (0 if self.rules.counts_from_receipt else message.age)
        if message.kind == "claim":
            job = Job(message.run, message.attempt, left) if message.attempt > 0 and left > 0 else None
            return _put(world, number, worker._replace(job=job))
        job = worker.job
        if job is None:
            return _put(world, number, worker)
        if message.attempt < 0 or message.kind == "complete":
            return _put(world, number, worker._replace(job=None))
        if job.phase != "done":
            job = job._replace(left=max(job.left, left))
        if message.kind == "start":
            job = job._replace(phase="works")
        return _put(world, number, worker._replace(job=job))

    def _crash(self, world: World, number: int, worker: Worker) -> World:
        job, message = worker.job, worker.message
        outlives = job if job is not None and job.phase == "works" else worker.orphan
        is_under_way = message is not None and not message.is_answer
        stray = message._replace(age=0) if message is not None and is_under_way else worker.stray
        return _put(world, number, Worker(is_alive=False, orphan=outlives, stray=stray))

    # ── time ──────────────────────────────────────────────────────────────────────────────────────

    def _tick(self, world: World) -> World:
        runs = tuple(run._replace(left=max(0, run.left - 1)) for run in world.runs)
        workers = tuple(
            worker._replace(
                job=_older(worker.job),
                orphan=_older(worker.orphan),
                message=self._later(worker.message),
            )
            for worker in world.workers
        )
        return world._replace(runs=runs, workers=workers)

    def _later(self, message: Message | None) -> Message | None:
        if message is None or message.kind == "complete" or (message.is_answer and message.attempt < 0):
            return message
        return message._replace(age=min(message.age + 1, self.rules.lease))


def _older(job: Job | None) -> Job | None:
    """A tick later: a job whose lease is over has been ended, one that is done is only reported."""
    if job is None or job.phase == "done":
        return job
    return job._replace(left=job.left - 1) if job.left > 1 else None


def _put(world: World, number: int, worker: Worker) -> World:
    """Put a worker's new state in its place."""
    workers = list(world.workers)
    workers[number] = worker
    return world._replace(workers=tuple(workers))


def _fault(world: World) -> World:
    return world._replace(faults=world.faults + 1)


def _set(world: World, number: int, run: Run) -> World:
    runs = list(world.runs)
    runs[number] = run
    return world._replace(runs=tuple(runs))
