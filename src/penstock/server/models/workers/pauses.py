"""Who paused a pool or a queue, since when and why: kept while it is paused, and no longer.

Who acts is said once for a session (``say_who_acts``): the functions that pools and queues are
changed by have the arguments that their callers outside know.
"""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from penstock.core.clock import utc_now
from penstock.server.database.orm_models import WorkPool, WorkQueue

_ACTOR = "actor"
_NOT_PAUSED = {"paused_since": None, "paused_by": None, "pause_reason": None}


def say_who_acts(session: AsyncSession, actor: str) -> None:
    """Let the pauses that begin in this session be noted as this actor's."""
    session.info[_ACTOR] = actor


def keep_pause(session: AsyncSession, row: WorkPool | WorkQueue, values: dict[str, Any]) -> None:
    """Add to the values of an update what it says about the pause of its row.

    A pause that begins is noted with its time and its actor; the reason of one that goes on can
    be changed; nothing is kept about a pause that has ended, or that is not there.
    """
    is_paused = row.is_paused if values.get("is_paused") is None else bool(values["is_paused"])
    if not is_paused:
        if row.is_paused or "pause_reason" in values:
            values.update(_NOT_PAUSED)
    elif not row.is_paused:
        values.update(first_pause(session, True))
        values["pause_reason"] = values.get("pause_reason") or None


def first_pause(session: AsyncSession, is_paused: bool) -> dict[str, Any]:
    """Return what is noted of a pause that begins now; nothing where there is none."""
    return {"paused_since": utc_now(), "paused_by": session.info.get(_ACTOR)} if is_paused else {}
