"""The SQL form of the state sets: which rows are scheduled, hold a slot, occupy a machine.

Every count and every dispatch statement uses these predicates, so a slot means the same
everywhere (workers.md 1.5). State names are written into the statement, not bound, because
both planners match a partial index only against constants. The wide index term is repeated
beside the narrow one for SQLite, which wants the index's own condition word for word.
"""

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

from penstock.core.states import QUEUE_HOLDER_STATES, SLOT_STATES, TERMINAL_STATES, StateName, StateType

Condition = sa.ColumnElement[bool]
Column = sa.SQLColumnExpression[Any]


def _constant(state: StateType) -> sa.ColumnElement[Any]:
    return sa.literal_column(f"'{state.value}'")


def in_states(state_type: Column, states: Iterable[StateType]) -> Condition:
    """True where the column is one of the states."""
    return sa.type_coerce(state_type, sa.Text()).in_([_constant(state) for state in sorted(states)])


def is_scheduled(state_type: Column) -> Condition:
    """True where the run waits, under any state name."""
    return sa.type_coerce(state_type, sa.Text()) == _constant(StateType.SCHEDULED)


def may_become_late(state_type: Column, state_name: Column) -> Condition:
    """True where the run waits for its planned time, and nothing but being late is said of it."""
    return sa.and_(is_scheduled(state_type), state_name == sa.literal_column(f"'{StateName.SCHEDULED}'"))


def is_terminal(state_type: Column) -> Condition:
    """True where the run has ended."""
    return in_states(state_type, TERMINAL_STATES)


def holds_queue_slot(state_type: Column) -> Condition:
    """True where the run counts on the older queue routes: PENDING, RUNNING or CANCELLING."""
    return in_states(state_type, QUEUE_HOLDER_STATES)


def holds_slot(state_type: Column) -> Condition:
    """True where the run holds a slot of its pool and queue: PENDING or RUNNING."""
    return sa.and_(holds_queue_slot(state_type), in_states(state_type, SLOT_STATES))


def holds_slot_as(state_type: Column, state: StateType) -> Condition:
    """True where the run holds a slot in this one state, which is counted from an index alone."""
    return sa.and_(holds_queue_slot(state_type), sa.type_coerce(state_type, sa.Text()) == _constant(state))


def retries_in_process(state_type: Column, retry_type: Column) -> Condition:
    """True where a scheduled run waits inside its process for a retry, still on its machine."""
    return sa.and_(is_scheduled(state_type), retry_type == sa.literal_column("'in_process'"))


def is_dispatchable(state_type: Column, retry_type: Column) -> Condition:
    """True where a worker may be given the run (workers.md 3.12 a, b)."""
    return sa.and_(
        is_scheduled(state_type),
        sa.func.coalesce(retry_type, sa.literal_column("''")) != sa.literal_column("'in_process'"),
    )
