"""How large a campaign is: the short form belongs to the tests, the long one is ``make faults``.

Both are the same code. ``PENSTOCK_TEST_FAULTS`` is the part of the long form that is wanted: 1 is all
of it, 0.1 a tenth, and without it the short form runs. ``PENSTOCK_TEST_SEED`` fixes the schedule.
"""

import os
import random

import pytest

PART = float(os.environ.get("PENSTOCK_TEST_FAULTS") or 0)
SEED = int(os.environ.get("PENSTOCK_TEST_SEED") or 1)


def sized(short: int, long: int) -> int:
    """Return how many of something this form wants, never fewer than the short one."""
    return max(short, round(long * PART))


def shaped(short: int, long: int) -> int:
    """Return how many of something every part of the long form has, or how many the short one."""
    return long if PART else short


def chance_of(campaign: str) -> random.Random:
    """Return the random numbers of a campaign, the same ones for the same seed."""
    print(f"{campaign}: seed {SEED}, part {PART:g} of the long form")
    return random.Random(f"{campaign} {SEED}")


def command_of(test: str, database: str) -> str:
    """Return the command that repeats a campaign in the size of this one."""
    size = f" SIZE={PART:g}" if PART not in (0, 1) else ""
    seed = f" SEED={SEED}" if SEED != 1 else ""
    words = f"-k {test} --database {database}" if database in {"sqlite", "postgresql"} else f"-k {test}"
    if not PART:
        return f'make test ARGS="tests/faults {words}"'
    return f'make faults{size}{seed} ARGS="{words}"'


patience = pytest.mark.timeout(sized(300, 7200))
"""How long a campaign may take before it counts as hanging."""
