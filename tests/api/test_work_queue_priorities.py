"""How queues make room for one another (workers.md 3.14)."""

import asyncio
from collections.abc import Mapping
from typing import Any
from uuid import UUID, uuid4

import pytest

from penstock.server.models import workers
from tests.api.driver import Api

conformance = pytest.mark.conformance


def row(case: int, before: str, targets: str, after: str) -> Any:
    """A row of the table; ``A1 B2`` are queues with their priorities."""
    return pytest.param(
        parse(before), parse(targets), parse(after), id=f"{before} {targets}", marks=conformance(case)
    )


def parse(text: str) -> dict[str, int]:
    return {word[0]: int(word[1:]) for word in text.split()}


@pytest.mark.parametrize(
    ("before", "targets", "after"),
    [
        row(129, "A1 B2 C3", "C1", "C1 A2 B3"),
        row(130, "A1 B2 C3", "A2", "A2 B3 C4"),
        row(131, "A1 B2 C3", "A3", "B2 A3 C4"),
        row(132, "A1 B2 C3", "B9", "A1 C3 B9"),
        row(133, "A1 B4 C5 D9", "D4", "A1 D4 B5 C6"),
        row(134, "A1 B4 C5 D9", "A2", "A2 B4 C5 D9"),
        row(135, "A1 B2 C3 D4", "A4 D1", "D1 B2 C3 A4"),
        row(136, "A1 B2 C3 D4 E5", "E2 B4", "A1 E2 C3 B4 D5"),
        row(137, "A1 B2 C6", "A6", "B2 A6 C7"),
        row(138, "A1 B2", "A5 B6", "A5 B6"),
        row(139, "A1 B2 C3", "A7 B8", "C3 A7 B8"),
        row(141, "A3 B3 C7", "", "A3 B4 C7"),
        row(142, "A2 B2 C5", "C9", "A2 B3 C9"),
        row(143, "A1 B2 C3 D4", "C3 D2", "A1 D2 C3 B4"),
        row(144, "A1 B2 C3 D4 E5 F9", "D2 E4", "A1 D2 B3 E4 C5 F9"),
        row(148, "A1 B2 C5", "", "A1 B2 C5"),
    ],
)
async def test_targets_are_met_and_the_others_keep_their_order(
    api: Api, before: dict[str, int], targets: dict[str, int], after: dict[str, int]
) -> None:
    ids = await pool_of(api, before)

    await move(api, ids, targets)

    assert await priorities(api, ids) == after


@conformance(140)
async def test_equal_priorities_are_told_apart(api: Api) -> None:
    ids = await pool_of(api, {"A": 1, "B": 1, "C": 1})

    await move(api, ids, {})

    assert sorted((await priorities(api, ids)).values()) == [1, 2, 3]


@conformance(145, 147)
@pytest.mark.parametrize("targets", [{"B": 0}, {"B": -2}, {"A": 5, "B": 5}])
async def test_impossible_targets_are_refused_and_change_nothing(api: Api, targets: dict[str, int]) -> None:
    before = {"A": 1, "B": 2, "C": 3}
    ids = await pool_of(api, before)

    with pytest.raises(ValueError, match=r"priorit"):
        await move(api, ids, targets)

    assert await priorities(api, ids) == before


@conformance(146)
async def test_queues_of_elsewhere_are_passed_over(api: Api) -> None:
    ids = await pool_of(api, {"A": 1, "B": 2})
    other = await api.create_pool("other")

    async with api.db.session_context(begin_transaction=True) as session:
        await workers.bulk_update_work_queue_priorities(
            session=session,
            work_pool_id=UUID((await api.read_pool())["id"]),
            new_priorities={uuid4(): 5, UUID(other["default_queue_id"]): 7, ids["B"]: 1},
        )

    assert await priorities(api, ids) == {"B": 1, "A": 2}
    assert await api.priorities("other") == {"default": 1}


@conformance(149)
async def test_two_moves_to_the_same_place_at_once_end_apart(api: Api) -> None:
    await pool_of(api, {"A": 1, "B": 2, "C": 3, "D": 4})

    await asyncio.gather(*(api.patch(f"work_pools/pool/queues/{name}", {"priority": 1}) for name in "CD"))

    found = await api.priorities()
    assert len(set(found.values())) == 4
    assert set(list(found)[:2]) == {"C", "D"}
    assert list(found)[2:] == ["A", "B"]


@conformance(129, 163)
async def test_a_move_over_rest_tells_only_of_the_moved_queue(api: Api) -> None:
    ids = await pool_of(api, {"A": 1, "B": 2, "C": 3})
    await api.forget_events()

    await api.patch("work_pools/pool/queues/C", {"priority": 1})

    assert await priorities(api, ids) == {"C": 1, "A": 2, "B": 3}
    [event] = await api.events()
    assert event.resource["prefect.resource.name"] == "C"
    assert event.payload == {
        "updated_fields": ["priority"],
        "updates": {"priority": {"from": 3, "to": 1}},
    }


async def pool_of(api: Api, priorities: Mapping[str, int]) -> dict[str, UUID]:
    """Create a pool whose queues have these names and priorities; return their ids."""
    pool = await api.create_pool()
    first, *rest = priorities
    await api.patch("work_pools/pool/queues/default", {"name": first})
    ids = {first: UUID(pool["default_queue_id"])}
    for name in rest:
        ids[name] = UUID((await api.create_queue(name))["id"])
    for name, priority in priorities.items():
        await api.change(api.db.WorkQueue, ids[name], priority=priority)
    return ids


async def move(api: Api, ids: Mapping[str, UUID], targets: Mapping[str, int]) -> None:
    """Ask the model for new priorities."""
    pool_id = UUID((await api.read_pool())["id"])
    async with api.db.session_context(begin_transaction=True) as session:
        await workers.bulk_update_work_queue_priorities(
            session=session,
            work_pool_id=pool_id,
            new_priorities={ids[name]: priority for name, priority in targets.items()},
        )


async def priorities(api: Api, ids: Mapping[str, UUID]) -> dict[str, int]:
    """Return the priority of each queue, the first to go first."""
    return {name: priority for name, priority in (await api.priorities()).items() if name in ids}
