"""The limits of tags: at most so many task runs of a tag at once (orchestration.md 1.11 rules 4, 11)."""

from penstock.core.states import StateType
from penstock.schemas.states import State
from penstock.server.models import concurrency_limits
from penstock.server.orchestration.task_transition import TaskTransition
from penstock.server.orchestration.verdicts import Abort, Wait

HOLDERS = {StateType.RUNNING, StateType.CANCELLING}


async def take_slots(transition: TaskTransition) -> Abort | Wait | None:
    """Let a task run start only with a slot of each of its tags that has a limit; all or none.

    Asked after all rules that can put the start off, so that no slot is taken in vain. A task
    that runs in the background takes none.
    """
    tags = transition.task_run.tags
    if not tags or transition.is_deferred:
        return None
    taken = await concurrency_limits.take_tag_slots(
        session=transition.session, tags=tags, task_run_id=transition.task_run.id, is_stored=True
    )
    if not isinstance(taken, concurrency_limits.NoSlots):
        return None
    tag, limit = concurrency_limits.tag_of(taken.limit), taken.limit.limit
    if limit == 0:
        return Abort(f"The limit of the tag '{tag}' is 0, so no task run of that tag can start.")
    return Wait(f"All {limit} slots of the tag '{tag}' are in use.", max(1, round(taken.retry_after_seconds)))


async def free_slots(transition: TaskTransition, state: State) -> None:
    """Free the slots of a task run whose written state leaves RUNNING; forced states do so too."""
    if transition.task_run.tags and transition.initial_type in HOLDERS and state.type not in HOLDERS:
        await concurrency_limits.return_tag_slots(
            session=transition.session, task_run_id=transition.task_run.id
        )
