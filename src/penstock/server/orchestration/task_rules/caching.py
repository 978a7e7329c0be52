"""Taking over the result of an earlier run (orchestration.md 1.11 rules 1, 10)."""

from penstock.core.clock import utc_now
from penstock.core.ids import uuid7
from penstock.server.models.task_run_states import read_cached_state
from penstock.server.orchestration.task_transition import TaskTransition
from penstock.server.orchestration.verdicts import Reject

LONGEST_CACHE_KEY = 2000


async def take_cached_state(transition: TaskTransition) -> Reject | None:
    """Complete a run at once where another run of its cache key has completed."""
    details = transition.proposed.state_details
    if details.cache_key is None or details.refresh_cache:
        return None
    cached = await read_cached_state(session=transition.session, cache_key=details.cache_key)
    if cached is None:
        return None
    again = cached.model_copy(update={"id": uuid7(), "timestamp": utc_now(), "name": "Cached"})
    return Reject("There is a result of the same cache key.", again)


async def limit_cache_key(transition: TaskTransition) -> Reject | None:
    """Refuse a cache key that is too long to be looked up."""
    key = transition.proposed.state_details.cache_key
    if key is None or len(key) <= LONGEST_CACHE_KEY:
        return None
    return Reject(f"The cache key has {len(key)} characters; at most {LONGEST_CACHE_KEY} are allowed.")
