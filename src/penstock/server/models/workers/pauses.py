"""Who paused a pool or a queue, since when and why: kept while it is paused, and no longer."""

from typing import Any

from penstock.core.clock import utc_now
from penstock.server.database.orm_models import WorkPool, WorkQueue

_NOT_PAUSED = {"paused_since": None, "paused_by": None, "pause_reason": None}


def keep_pause(row: WorkPool | WorkQueue, values: dict[str, Any], actor: str | None) -> None:
    """Add to the values of an update what it says about the pause of its row.

    A pause that begins is noted with its time and its actor; the reason of one that goes on can
    be changed; nothing is kept about a pause that has ended, or that is not there.
    """
    is_paused = row.is_paused if values.get("is_paused") is None else bool(values["is_paused"])
    if not is_paused:
        if row.is_paused or "pause_reason" in values:
            values.update(_NOT_PAUSED)
    elif not row.is_paused:
        values.update(
            paused_since=utc_now(), paused_by=actor, pause_reason=values.get("pause_reason") or None
        )


def first_pause(is_paused: bool, actor: str | None) -> dict[str, Any]:
    """Return the columns about the pause of a new pool or queue."""
    return {"paused_since": utc_now(), "paused_by": actor} if is_paused else {}
