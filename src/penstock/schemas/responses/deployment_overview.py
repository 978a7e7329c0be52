"""Deployments at a glance, as answered."""

from uuid import UUID

from pydantic import Field

from penstock.core.states import StateType
from penstock.schemas.foundations import WireModel
from penstock.schemas.responses.concurrency_limits import GlobalConcurrencyLimitResponse
from penstock.schemas.responses.explain import SlotOwner
from penstock.schemas.statuses import DeploymentStatus
from penstock.schemas.timestamps import Timestamp


class LastRun(WireModel):
    """The run of a deployment that was due last."""

    id: UUID
    name: str
    state_type: StateType | None = None
    state_name: str | None = None
    expected_start_time: Timestamp | None = None
    start_time: Timestamp | None = None
    end_time: Timestamp | None = None


class DeploymentOverview(WireModel):
    """A deployment, where its runs go, and how the last of them fared.

    ``active_schedules`` are those of ``schedule_count`` that are not paused by themselves.
    """

    id: UUID
    name: str
    description: str | None = None
    flow_id: UUID
    flow_name: str
    work_pool_name: str | None = None
    work_queue_name: str | None = None
    status: DeploymentStatus | None = None
    paused: bool
    tags: list[str] = Field(default_factory=list)
    schedule_count: int = 0
    active_schedules: int = 0
    limit: GlobalConcurrencyLimitResponse | None = None
    last_run: LastRun | None = None


class DeploymentOverviewPage(WireModel):
    """One numbered page of deployments, and how many there are."""

    results: list[DeploymentOverview]
    count: int
    limit: int
    pages: int
    page: int


class UpcomingStart(WireModel):
    """A moment at which a schedule is due, and how far its zone's clock is from UTC then."""

    at: Timestamp
    utc_offset_seconds: int


class UpcomingStarts(WireModel):
    """When a schedule is due next. ``utc_offset_seconds`` is that of its zone now."""

    timezone: str
    utc_offset_seconds: int
    starts: list[UpcomingStart] = Field(default_factory=list)


class UpcomingStartsOfSchedule(UpcomingStarts):
    """The next starts of one schedule of a deployment, whether it is paused or not."""

    schedule_id: UUID


class DeploymentOutlook(WireModel):
    """What comes next for a deployment, and who holds the slots of its limit, the longest holder first."""

    flow_name: str
    schedules: list[UpcomingStartsOfSchedule] = Field(default_factory=list)
    slot_owners: list[SlotOwner] = Field(default_factory=list)
