"""What an examination of the database found, as answered."""

from uuid import UUID

from pydantic import Field

from penstock.schemas.foundations import WireModel
from penstock.schemas.timestamps import Timestamp


class Finding(WireModel):
    """One thing that is not as it should be, and whose it is: ids by kind (``flow_run``, ``work_pool``)."""

    sentence: str
    ids: dict[str, UUID] = Field(default_factory=dict)


class CheckResult(WireModel):
    """What one check looked at and found.

    ``overrides`` are what a person did on purpose and what excuses it, such as a run forced into
    its slot. ``is_complete`` is False where there were more findings than are listed.
    """

    name: str
    sentence: str
    checked: int
    violations: list[Finding] = Field(default_factory=list)
    overrides: list[Finding] = Field(default_factory=list)
    is_complete: bool = True


class DoctorReport(WireModel):
    """The answer of ``GET /admin/doctor``."""

    checked_at: Timestamp
    violation_count: int
    override_count: int
    checks: list[CheckResult]
