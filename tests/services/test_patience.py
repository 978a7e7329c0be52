"""How long leases go unjudged after nobody could renew them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.core.attempts import LeaseTimes
from penstock.server.services.patience import Patience

LEASE, GRACE = 90.0, 30.0
RENEWAL = LEASE / 3


@pytest.fixture
def patience() -> Patience:
    return make()


def make() -> Patience:
    return Patience(LeaseTimes(claim_seconds=LEASE, grace_seconds=GRACE))


def looks(patience: Patience, start: float, until: float, every: float) -> float | None:
    """Look regularly; returns when leases could be judged first, or None."""
    now = start
    while now < until:
        now += every
        patience.look(now)
        if patience.ends(now):
            return now
    return None


def test_it_waits_a_whole_lease_at_first(patience):
    patience.look(1000)
    assert not patience.ends(1000 + LEASE - 1)
    assert patience.ends(1000 + LEASE)


def test_regular_looks_put_nothing_off(patience):
    patience.look(0)
    assert looks(patience, 0, 1000, 5) == LEASE
    for now in range(95, 1200, 5):
        patience.look(now)
    assert patience.ends(1200)


def test_a_long_absence_is_waited_for_like_a_start(patience):
    patience.look(0)
    assert looks(patience, 0, 200, 5) is not None
    patience.look(5000)
    assert not patience.ends(5000 + LEASE - 1)
    assert patience.ends(5000 + LEASE)


def test_passes_that_are_often_a_little_late_judge_in_the_end(patience):
    """A machine that is short of processor time gives lost runs back late, but it does."""
    patience.look(0)
    now = 0.0
    for _ in range(3):
        for away in (LEASE / 2 + 10, 15, 30):
            now += away
            patience.look(now)
    assert patience.ends(now)


@given(
    st.lists(st.floats(0.1, 3 * LEASE), min_size=1, max_size=20),
    st.floats(0, RENEWAL),
    st.floats(0, RENEWAL),
)
def test_no_holder_who_renews_while_he_can_is_judged(absences, before, after):
    """He renewed ``before`` an absence began, cannot during it, and does so ``after`` it has ended."""
    patience, now = make(), 0.0
    patience.look(now)
    for away in absences:
        renewed_at = now - before
        now += away
        patience.look(now)
        judged_at = now + after
        is_over = judged_at > renewed_at + LEASE + GRACE
        assert not (is_over and patience.ends(judged_at))
        steps = 40
        for _ in range(steps):
            now += LEASE / steps
            patience.look(now)
