"""Which rules look at which transition, in order (orchestration.md 1.6)."""

from penstock.core.states import TERMINAL_STATES, StateType
from penstock.server.orchestration.entries import ANY, Entry, States
from penstock.server.orchestration.entries import of_types as _of
from penstock.server.orchestration.rules import (
    cancelling,
    deduplication,
    deployment_slots,
    draining,
    fencing,
    late,
    pausing,
    pending,
    retries,
    scheduled_time,
    slots,
    terminal,
)
from penstock.server.orchestration.transition import Transition

TERMINAL: States = frozenset(TERMINAL_STATES)

FLOW_RUN_POLICY: tuple[Entry[Transition], ...] = (
    Entry(deduplication.same_transition_once, ANY, ANY),
    Entry(fencing.only_the_current_attempt, ANY, ANY),
    Entry(fencing.only_the_holder, ANY, ANY),
    Entry(terminal.keep_stored_result, _of(StateType.COMPLETED), ANY),
    Entry(terminal.leave_terminal_state, TERMINAL, ANY),
    Entry(cancelling.only_cancelled_after_cancelling, _of(StateType.CANCELLING), ANY),
    Entry(
        cancelling.cancel_what_runs_nowhere,
        _of(StateType.SCHEDULED, StateType.PAUSED),
        _of(StateType.CANCELLING),
    ),
    Entry(pending.pending_only_once, ANY, _of(StateType.PENDING)),
    Entry(draining.nothing_for_a_draining_worker, _of(StateType.SCHEDULED), _of(StateType.PENDING)),
    Entry(late.late_only_once, ANY, _of(StateType.SCHEDULED)),
    Entry(deployment_slots.cancel_late_run, _of(StateType.SCHEDULED), _of(StateType.SCHEDULED)),
    Entry(pausing.pause_only_while_running, ANY - {StateType.PAUSED}, _of(StateType.PAUSED)),
    Entry(pausing.go_on_after_a_pause, _of(StateType.PAUSED), ANY),
    Entry(slots.take_slot, ANY, _of(StateType.PENDING, StateType.RUNNING)),
    Entry(scheduled_time.copy, _of(StateType.SCHEDULED), _of(StateType.PENDING)),
    Entry(
        scheduled_time.wait,
        _of(StateType.SCHEDULED, StateType.PENDING),
        _of(StateType.RUNNING),
    ),
    Entry(deployment_slots.take_slot, ANY, _of(StateType.PENDING, StateType.RUNNING)),
    Entry(
        deployment_slots.keep_slot,
        _of(StateType.SCHEDULED, StateType.PENDING),
        _of(StateType.RUNNING),
    ),
    Entry(retries.retry_failed, _of(StateType.RUNNING), _of(StateType.FAILED)),
)
"""The rules of an ordinary transition. The first objection decides; later rules are not asked."""

FORCED_POLICY: tuple[Entry[Transition], ...] = (
    Entry(deduplication.same_transition_once, ANY, ANY),
    Entry(fencing.only_the_current_attempt, ANY, ANY),
    Entry(fencing.only_the_holder, ANY, ANY),
    Entry(terminal.keep_stored_result, _of(StateType.COMPLETED), _of(StateType.COMPLETED)),
    Entry(
        cancelling.cancel_what_runs_nowhere,
        _of(StateType.SCHEDULED, StateType.PAUSED),
        _of(StateType.CANCELLING),
    ),
)
"""What even a forced transition observes (orchestration.md 1.5)."""
