"""Reasons that limits give: all slots are held."""

from penstock.schemas.responses import Reason, ReasonCode
from penstock.server.models.explain.situation import Situation, Slots
from penstock.server.models.explain.wording import first_owners


def pool_is_full(situation: Situation) -> Reason | None:
    """All slots of the work pool are held."""
    return _full(ReasonCode.WORK_POOL_LIMIT, f"work pool '{situation.work_pool_name}'", situation.pool)


def queue_is_full(situation: Situation) -> Reason | None:
    """All slots of the work queue are held."""
    return _full(ReasonCode.WORK_QUEUE_LIMIT, f"work queue '{situation.work_queue_name}'", situation.queue)


def deployment_is_full(situation: Situation) -> Reason | None:
    """All slots of the deployment's limit are held."""
    limit, slots = situation.deployment_limit, situation.deployment
    if limit is None or slots is None:
        return None
    what = f"deployment '{situation.deployment_name}'"
    if not slots.name.startswith("deployment:"):
        what += f" (limit '{slots.name}')"
    reason = _full(ReasonCode.DEPLOYMENT_LIMIT, what, slots)
    if reason is not None and limit.cancels_new:
        reason.sentence += " The deployment cancels runs that find no free slot: the next claim cancels it."
        reason.comment = "CANCEL_NEW"
    elif reason is not None:
        reason.comment = "ENQUEUE"
    return reason


def _full(code: ReasonCode, what: str, slots: Slots | None) -> Reason | None:
    if slots is None or slots.free:
        return None
    use = f"{slots.occupied}/{slots.limit}"
    held = first_owners(slots.owners, slots.occupied)
    return Reason(
        code=code,
        sentence=f"All slots of the {what} are in use: {use}{held}."
        if slots.limit
        else f"The limit of the {what} is 0: none of its runs can start.",
        numbers={"limit": slots.limit, "occupied": slots.occupied},
        holders=slots.owners,
    )
