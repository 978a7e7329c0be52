"""Workers in a hurry: tasks that claim, start and end runs over HTTP as fast as they can."""

import asyncio
import random
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import httpx


@dataclass
class Outcome:
    """What the claimants saw, by run id."""

    accepted_pending: Counter[str] = field(default_factory=Counter)
    finished: set[str] = field(default_factory=set)
    errors: list[str] = field(default_factory=list)


async def propose(client: httpx.AsyncClient, run_id: str, state: str) -> dict[str, Any]:
    """Propose a state and return the answer; an overloaded server is asked again."""
    while True:
        answer = await client.post(f"flow_runs/{run_id}/set_state", json={"state": {"type": state}})
        if answer.status_code != 503:
            answer.raise_for_status()
            return dict(answer.json())
        await asyncio.sleep(0.05)


async def take_by_claim(client: httpx.AsyncClient, pool: str, name: str) -> list[str]:
    """Take runs through our own protocol."""
    answer = await client.post(f"work_pools/{pool}/claim", json={"worker_name": name, "limit": 3})
    if answer.status_code == 503:
        return []
    answer.raise_for_status()
    return [one["flow_run"]["id"] for one in answer.json()]


async def take_by_poll(client: httpx.AsyncClient, pool: str) -> list[str]:
    """Take runs as an unmodified worker does: look, then propose PENDING for each."""
    answer = await client.post(f"work_pools/{pool}/get_scheduled_flow_runs", json={"limit": 5})
    if answer.status_code == 503:
        return []
    answer.raise_for_status()
    taken = []
    for one in answer.json():
        run_id = one["flow_run"]["id"]
        if (await propose(client, run_id, "PENDING"))["status"] == "ACCEPT":
            taken.append(run_id)
    return taken


async def work(
    client: httpx.AsyncClient, pool: str, number: int, outcome: Outcome, stop: asyncio.Event
) -> None:
    """Take, run and end runs until told to stop; even claimants claim, odd ones poll."""
    chance = random.Random(number)
    while not stop.is_set():
        try:
            if number % 2:
                taken = await take_by_poll(client, pool)
            else:
                taken = await take_by_claim(client, pool, f"worker-{number}")
            for run_id in taken:
                outcome.accepted_pending[run_id] += 1
            for run_id in taken:
                await _execute(client, run_id, chance, outcome)
        except httpx.HTTPError as error:
            outcome.errors.append(repr(error))
        await asyncio.sleep(chance.uniform(0, 0.02))


async def _execute(client: httpx.AsyncClient, run_id: str, chance: random.Random, outcome: Outcome) -> None:
    """Run and end one run; a failure with retries left is tried again in place."""
    while True:
        answer = await propose(client, run_id, "RUNNING")
        if answer["status"] == "WAIT":
            await asyncio.sleep(0.05)
            continue
        assert answer["status"] == "ACCEPT", answer
        await asyncio.sleep(chance.uniform(0, 0.01))
        answer = await propose(client, run_id, chance.choice(("COMPLETED", "COMPLETED", "FAILED")))
        if answer["status"] == "ACCEPT":
            outcome.finished.add(run_id)
            return
        assert answer["state"]["name"] == "AwaitingRetry", answer
