"""Which rules look at which transition of a task run, in order (orchestration.md 1.11)."""

from penstock.core.states import TERMINAL_STATES, StateType
from penstock.server.orchestration.entries import ANY, Entry
from penstock.server.orchestration.entries import of_types as _of
from penstock.server.orchestration.rules import scheduled_time
from penstock.server.orchestration.task_rules import (
    caching,
    deferred,
    flow_run,
    retries,
    tag_limits,
    terminal,
)
from penstock.server.orchestration.task_transition import TaskTransition

RUNNING = _of(StateType.RUNNING)

TASK_RUN_POLICY: tuple[Entry[TaskTransition], ...] = (
    Entry(caching.take_cached_state, ANY, RUNNING),
    Entry(terminal.leave_terminal_state, _of(*TERMINAL_STATES), ANY),
    Entry(deferred.take_only_once, ANY, _of(StateType.PENDING)),
    Entry(deferred.keep_parameters, ANY, ANY),
    Entry(flow_run.run_only_while_flow_runs, ANY, RUNNING),
    Entry(scheduled_time.copy, _of(StateType.SCHEDULED), _of(StateType.PENDING)),
    Entry(scheduled_time.wait, _of(StateType.SCHEDULED, StateType.PENDING), RUNNING),
    Entry(tag_limits.take_slots, ANY, RUNNING),
    Entry(retries.retry_failed, RUNNING, _of(StateType.FAILED)),
    Entry(retries.name_further_tries, ANY, RUNNING),
    Entry(caching.limit_cache_key, ANY, _of(StateType.COMPLETED)),
)
"""The rules of an ordinary transition. The first objection decides; later rules are not asked."""
