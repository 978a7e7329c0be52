"""What filters have in common."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, TypeVar

from pydantic import Field

from penstock.schemas.foundations import FilterModel
from penstock.schemas.timestamps import Timestamp

Item = TypeVar("Item")

AnyOf = Annotated[list[Item], Field(max_length=1000)]
"""Values to compare with; all lists of a request together stay below what a statement can hold."""

FewOf = Annotated[list[Item], Field(max_length=100)]
"""Values each of which makes a condition of its own."""


class Operator(StrEnum):
    """How the criteria of one filter object are joined."""

    and_ = "and_"
    or_ = "or_"


class OperatorFilter(FilterModel):
    """A filter whose criteria can be joined either way."""

    operator: Operator = Operator.and_


class TimeRange(FilterModel):
    """Moments from ``after_`` to ``before_``, both included."""

    before_: Timestamp | None = None
    after_: Timestamp | None = None

    def bounds(self) -> tuple[datetime | None, datetime | None]:
        """Return the earliest and the latest moment, None where the range is open."""
        return self.after_, self.before_


class NullableTimeRange(TimeRange):
    """Moments in a range, or their absence."""

    is_null_: bool | None = None
