"""From the end of a job to the state its run gets."""

import signal

from penstock.core.states import StateType
from penstock.schemas.actions import StateCreate

_SHELL_SIGNAL_CODES = range(129, 160)
"""What a shell returns for a command that a signal ended: 128 plus the number of the signal."""


def state_after_exit(code: int, tail: str) -> StateCreate:
    """Return COMPLETED for 0, FAILED for another exit code, CRASHED for a signal (given as minus its number).

    The message says which, and ends with the last lines of output.
    """
    if code == 0:
        return StateCreate(type=StateType.COMPLETED)
    if code < 0:
        return crashed(_with_tail(f"killed by {_signal_name(-code)}", tail))
    reason = f"exit code {code}"
    if code in _SHELL_SIGNAL_CODES:
        reason += f" (the command was ended by {_signal_name(code - 128)})"
    return failed(_with_tail(reason, tail))


def failed(message: str) -> StateCreate:
    """Return FAILED: the owner of the run has to look at it."""
    return StateCreate(type=StateType.FAILED, message=message)


def crashed(message: str) -> StateCreate:
    """Return CRASHED: the machine or the worker did not carry the run through."""
    return StateCreate(type=StateType.CRASHED, message=message)


def _with_tail(reason: str, tail: str) -> str:
    return f"{reason}\n{tail}" if tail else reason


def _signal_name(number: int) -> str:
    try:
        return f"{signal.Signals(number).name} (signal {number})"
    except ValueError:
        return f"signal {number}"
