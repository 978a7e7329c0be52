"""The loop that every service has."""

import asyncio
import logging

import pytest

from penstock.core.clock import utc_now
from penstock.server.services import Service


class Counting(Service):
    """Counts its passes and fails in some of them."""

    def __init__(self, *, failing: frozenset[int] = frozenset()) -> None:
        super().__init__(interval_seconds=0.001)
        self.passes = 0
        self.failing = failing
        self.reached = asyncio.Event()
        self.wanted = 3

    async def run_once(self) -> None:
        self.passes += 1
        if self.passes >= self.wanted:
            self.reached.set()
        if self.passes in self.failing:
            raise RuntimeError("no luck")


async def test_a_service_runs_again_and_again_until_stopped() -> None:
    service = Counting()

    service.start()
    await asyncio.wait_for(service.reached.wait(), 5)
    await service.stop()
    passes = service.passes
    await asyncio.sleep(0.01)

    assert service.passes == passes >= 3


async def test_a_failed_pass_is_logged_and_the_next_one_comes(caplog: pytest.LogCaptureFixture) -> None:
    service = Counting(failing=frozenset({1, 2}))

    with caplog.at_level(logging.ERROR):
        service.start()
        await asyncio.wait_for(service.reached.wait(), 5)
        await service.stop()

    assert "Counting failed" in caplog.text
    assert "no luck" in caplog.text


async def test_starting_twice_makes_one_loop_and_stopping_twice_is_fine() -> None:
    service = Counting()

    service.start()
    service.start()
    await service.stop()
    await service.stop()
    service.start()
    await asyncio.wait_for(service.reached.wait(), 5)
    await service.stop()


async def test_a_stop_waits_for_the_pass_under_way() -> None:
    entered, leave = asyncio.Event(), asyncio.Event()

    class Slow(Service):
        """Takes its time."""

        done = False

        async def run_once(self) -> None:
            entered.set()
            await leave.wait()
            self.done = True

    service = Slow(interval_seconds=60)
    service.start()
    await entered.wait()
    stopping = asyncio.create_task(service.stop())
    await asyncio.sleep(0)
    assert not stopping.done()
    leave.set()
    await stopping

    assert service.done


async def test_the_last_pass_is_remembered_with_what_made_it_fail() -> None:
    service = Counting(failing=frozenset({3}))
    assert service.last_pass is None

    began = utc_now()
    service.start()
    await asyncio.wait_for(service.reached.wait(), 5)
    await service.stop()

    assert service.last_pass is not None
    assert began <= service.last_pass.started_at <= utc_now()
    assert (service.passes, service.last_pass.error) == (3, "no luck")
