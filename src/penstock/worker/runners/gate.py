"""A job begins only when it is known that it can be ended."""

import os
import re
from collections.abc import Mapping
from types import TracebackType
from typing import Self

from penstock.worker.runners.base import JobPlan

_WAIT = 'read -r go <"/dev/fd/$0" && unset go && exec "$@"'
_KEPT_BY_SHELLS = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class Gate:
    """Holds a new process back until ``open``; when its worker dies before that, it never begins.

    ``entrance`` is the descriptor the process has to inherit.
    """

    def __init__(self) -> None:
        self.entrance, self._latch = os.pipe()

    def before(self, plan: JobPlan) -> tuple[str, ...]:
        """Return the arguments of a process that waits here and then becomes the job."""
        return (
            "/bin/sh",
            "-c",
            _WAIT,
            str(self.entrance),
            *_odd_variables(plan.environment),
            *plan.arguments,
        )

    def open(self) -> None:
        """Let the process go on."""
        os.write(self._latch, b"\n")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        os.close(self.entrance)
        os.close(self._latch)


def _odd_variables(environment: Mapping[str, str]) -> tuple[str, ...]:
    """Return the words that set the variables which a shell does not hand on, for their names."""
    odd = [f"{name}={value}" for name, value in environment.items() if not _KEPT_BY_SHELLS.fullmatch(name)]
    return ("env", *odd) if odd else ()
