"""Why a run is not running, as answered."""

from enum import StrEnum
from uuid import UUID

from pydantic import Field

from penstock.core.states import StateType
from penstock.schemas.foundations import WireModel
from penstock.schemas.timestamps import Timestamp


class ReasonCode(StrEnum):
    """What stands between a run and its start; the values are stable."""

    ENDED = "ended"
    HELD = "held"
    NO_STATE = "no_state"
    RETRIES_IN_PROCESS = "retries_in_process"
    PAUSED = "paused"
    NO_WORK_QUEUE = "no_work_queue"
    NO_START_TIME = "no_start_time"
    SCHEDULED_FOR_LATER = "scheduled_for_later"
    WORK_POOL_PAUSED = "work_pool_paused"
    WORK_QUEUE_PAUSED = "work_queue_paused"
    WORK_POOL_LIMIT = "work_pool_limit"
    WORK_QUEUE_LIMIT = "work_queue_limit"
    DEPLOYMENT_LIMIT = "deployment_limit"
    NO_WORKER_ONLINE = "no_worker_online"
    ALL_WORKERS_DRAINING = "all_workers_draining"
    RUNS_AHEAD = "runs_ahead"
    NEXT_POLL = "next_poll"


class SlotOwner(WireModel):
    """Who holds a slot or a run; without a run where a client holds the slot by a lease of its own."""

    flow_run_id: UUID | None = None
    name: str | None = None
    worker_name: str | None = None
    since: Timestamp | None = None


class Reason(WireModel):
    """One thing that keeps a run waiting, or has ended or taken it.

    ``keeps_it_from_dispatch``: while it lasts no poll and no claim hands the run out.
    ``numbers`` are what the sentence counts, by name. ``holders`` are the first of those whose
    slots are in the way; ``numbers`` has how many there are. ``by``, ``since``, ``until`` and
    ``comment`` say who, from when, to when and why, where that is known.
    """

    code: ReasonCode
    sentence: str
    keeps_it_from_dispatch: bool = True
    numbers: dict[str, int | float] = Field(default_factory=dict)
    holders: list[SlotOwner] = Field(default_factory=list)
    by: str | None = None
    since: Timestamp | None = None
    until: Timestamp | None = None
    comment: str | None = None


class StartEstimate(WireModel):
    """When the run will start, judged by the runs of its pool that ended lately.

    ``basis`` says what the estimate rests on; ``mean_run_seconds`` and ``sampled_runs`` are None
    and 0 where no durations were needed.
    """

    starts_at: Timestamp
    seconds: float
    basis: str
    mean_run_seconds: float | None = None
    sampled_runs: int = 0


class FlowRunExplanation(WireModel):
    """Why a run is not running: every reason, in the order in which they stand in its way.

    ``is_dispatchable``: a poll or a claim of the run's pool hands it out now, to a worker that
    asks for all that is there (1000 runs at the most).
    """

    flow_run_id: UUID
    name: str
    state_type: StateType | None = None
    state_name: str | None = None
    work_pool_name: str | None = None
    work_queue_name: str | None = None
    deployment_name: str | None = None
    is_dispatchable: bool
    reasons: list[Reason]
    estimate: StartEstimate | None = None
    read_at: Timestamp
