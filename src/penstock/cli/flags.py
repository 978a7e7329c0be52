"""Kinds of flags that several commands share."""

from typing import Annotated

from cyclopts import Parameter

Switch = Annotated[bool, Parameter(negative="", show_default=False)]
"""A flag without a value."""

Yes = Annotated[bool, Parameter(name=["--yes", "-y"], negative="", show_default=False, help="Do not ask.")]
"""Skips the confirmation of a delete."""

Force = Annotated[
    bool,
    Parameter(name="--force", negative="", show_default=False, help="Delete although runs are under way."),
]
"""Deletes what somebody is at."""

Words = Annotated[list[str] | None, Parameter(negative="")]
"""A flag that may be given again and again."""

PoolName = Annotated[str, Parameter(name=["--pool", "-p"], help="Name of the work pool.")]
"""The pool a command is about."""

OptionalPool = Annotated[str | None, Parameter(name=["--pool", "-p"])]
OptionalQueue = Annotated[str | None, Parameter(name=["--queue", "-q"])]

Reason = Annotated[str | None, Parameter(negative="", help="Why; shown to whoever asks why runs wait.")]


def pause_changes(reason: str | None) -> dict[str, bool | str]:
    """Return what an update of a pool or a queue says to pause it."""
    return {"is_paused": True} if reason is None else {"is_paused": True, "pause_reason": reason}
