"""Choosing runs lane by lane, where the limit of a deployment leaves some of a queue's runs out.

A lane is a queue's runs of one deployment. The lanes are merged by the places of their first
runs; a lane whose limit is full is left out as a whole (ADR 0007).
"""

from collections import defaultdict, deque
from collections.abc import Sequence
from heapq import heappop, heappush

from penstock.server.database.dispatch import StartWindow
from penstock.server.database.lanes import LaneKey, first_runs_of_lanes, read_lanes
from penstock.server.models.concurrency_limits.deployment_limits import DeploymentLimit
from penstock.server.models.workers.selection import Candidate, Lane, OpenQueue, Order, Selection
from penstock.server.models.workers.sources import Run, Source

_LANES_AT_ONCE = 16


async def take_by_lanes(
    source: Source[Run], selection: Selection[Run], queues: Sequence[OpenQueue], window: StartWindow
) -> None:
    """Choose due runs of these queues, in order, passing over lanes that have no slot left."""
    waiting: deque[Lane[Run]] = deque(await _read_lanes(source, selection, queues, window))
    merged: list[tuple[Order, Lane[Run]]] = []
    while selection.wanted and (waiting or merged):
        if waiting and (not merged or waiting[0].place < merged[0][0]):
            for lane in await _load(source, selection, waiting, window):
                heappush(merged, (lane.place, lane))
            continue
        _, lane = heappop(merged)
        if not selection.take(lane.runs.popleft()):
            _leave_out(selection, lane)
        elif lane.runs:
            lane.place = selection.order(lane.runs[0])
            heappush(merged, (lane.place, lane))
        else:
            _leave_out(selection, lane)
    for lane in (*waiting, *(lane for _, lane in merged)):
        _leave_out(selection, lane)


async def take_doomed(source: Source[Run], selection: Selection[Run], window: StartWindow) -> None:
    """Fill the places that are left with runs that are to be cancelled for want of a slot."""
    lanes = sorted(selection.doomed_lanes, key=lambda lane: lane.place)[:_LANES_AT_ONCE]
    if not lanes or selection.wanted <= 0:
        return
    chosen = {one.run.id for one in selection.chosen}
    # the first runs of a lane may be chosen already
    most = selection.wanted + len(chosen)
    found = await _read_runs(source, selection, [(lane, most) for lane in lanes], window)
    candidates = [one for runs in found.values() for one in runs if one.run.id not in chosen]
    selection.doomed = sorted(candidates, key=selection.order)[: selection.wanted]


def _leave_out(selection: Selection[Run], lane: Lane[Run]) -> None:
    """Forget a lane, unless the rest of its runs is to be cancelled."""
    if selection.limits.cancels(lane.limit) and min(
        lane.queue.free, selection.pool_free[lane.queue.work_pool_id]
    ):
        selection.doomed_lanes.append(lane)


async def _read_lanes(
    source: Source[Run], selection: Selection[Run], queues: Sequence[OpenQueue], window: StartWindow
) -> list[Lane[Run]]:
    by_id = {queue.id: queue for queue in queues if selection.room(queue) > 0}
    rows = await source.rows(*read_lanes(list(by_id), window))
    lanes: list[Lane[Run]] = [
        Lane(
            key=LaneKey(queue_id, deployment_id, condition),
            queue=by_id[queue_id],
            limit=DeploymentLimit.of(limit_id, options),
            place=selection.place(by_id[queue_id], head_start, head_id),
        )
        for queue_id, deployment_id, condition, head_id, head_start, limit_id, options in rows
    ]
    await selection.limits.learn(source, [lane.limit for lane in lanes])
    return sorted(lanes, key=lambda lane: lane.place)


async def _load(
    source: Source[Run], selection: Selection[Run], waiting: deque[Lane[Run]], window: StartWindow
) -> list[Lane[Run]]:
    """Read the first runs of the next lanes that have room; the others are left out."""
    takes: list[tuple[Lane[Run], int]] = []
    while waiting and len(takes) < _LANES_AT_ONCE:
        lane = waiting.popleft()
        room = selection.room(lane.queue, lane.limit)
        if room > 0:
            takes.append((lane, room))
        else:
            _leave_out(selection, lane)
    found = await _read_runs(source, selection, takes, window)
    loaded = [lane for lane, _ in takes if lane.key in found]
    for lane in loaded:
        lane.runs = deque(sorted(found[lane.key], key=selection.order))
        lane.place = selection.order(lane.runs[0])
    return loaded


async def _read_runs(
    source: Source[Run],
    selection: Selection[Run],
    takes: Sequence[tuple[Lane[Run], int]],
    window: StartWindow,
) -> dict[LaneKey, list[Candidate[Run]]]:
    found: dict[LaneKey, list[Candidate[Run]]] = defaultdict(list)
    if not takes:
        return found
    wanted = [(lane.key, most) for lane, most in takes]
    due = first_runs_of_lanes(wanted, window, columns=source.columns, lock=selection.limits.lock)
    for row in await source.rows(*due):
        run = source.run(row)
        # with a window all runs are of its one condition; without one, the unplanned are apart
        condition = int(run.next_scheduled_start_time is None)
        key = LaneKey(selection.queue_of(run).id, run.deployment_id, condition)
        found[key].append(Candidate(run, DeploymentLimit.of(*row[-2:])))
    return found
