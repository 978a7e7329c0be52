"""A line lets through so many at a time, in order, whoever gives up on the way."""

import asyncio
from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from penstock.core.turns import Line


@dataclass(frozen=True)
class Person:
    since: float
    stays: int
    gives_up_after: int | None
    """Steps of the loop after which the task is cancelled, wherever it is then."""


PEOPLE = st.lists(
    st.builds(Person, st.integers(0, 5), st.integers(0, 3), st.none() | st.integers(0, 6)), max_size=12
)


@given(PEOPLE, st.integers(1, 3))
def test_there_are_never_too_many_and_nobody_is_forgotten(people: list[Person], at_once: int):
    asyncio.run(_check(people, at_once))


async def _check(people: list[Person], at_once: int) -> None:
    line = Line(at_once)
    inside: set[int] = set()
    done: set[int] = set()

    async def go(number: int, person: Person) -> None:
        async with line.turn(person.since):
            inside.add(number)
            assert len(inside) <= at_once
            try:
                for _ in range(person.stays):
                    await asyncio.sleep(0)
            finally:
                inside.remove(number)
        done.add(number)

    async def give_up(task: asyncio.Task[None], steps: int) -> None:
        for _ in range(steps):
            await asyncio.sleep(0)
        task.cancel()

    tasks = [asyncio.create_task(go(number, person)) for number, person in enumerate(people)]
    for task, person in zip(tasks, people, strict=True):
        if person.gives_up_after is not None:
            await asyncio.gather(give_up(task, person.gives_up_after), return_exceptions=True)
    ends = await asyncio.wait_for(asyncio.gather(*tasks, return_exceptions=True), 5)
    patient = {number for number, person in enumerate(people) if person.gives_up_after is None}
    assert patient <= done
    assert all(end is None or isinstance(end, asyncio.CancelledError) for end in ends)
    for _ in range(at_once):
        assert not line.is_full
        await line.enter()
    assert line.is_full


async def test_who_has_waited_longest_goes_first():
    line, order = Line(1), list[str]()

    async def go(name: str, since: float | None) -> None:
        async with line.turn(since):
            order.append(name)

    await line.enter()
    waiting = [("came first", 2.0), ("has waited elsewhere", 1.0), ("came then", 2.0), ("comes now", None)]
    tasks = [asyncio.create_task(go(*one)) for one in waiting]
    await asyncio.sleep(0)
    line.leave()
    await asyncio.gather(*tasks)
    assert order == ["has waited elsewhere", "came first", "came then", "comes now"]
