"""Orchestration: every change of a run's state goes through here.

- ``set_state``: the one door; it locks the run, asks the rules, writes the outcome.
- ``claim``: many runs into PENDING at once, for our own workers.
- ``transition`` and ``verdicts``: what a rule sees, and what it can answer.
- ``policy``: which rules look at which transition, in order; ``rules/``: one rule a file.
- ``slot_gate``: limits, held at the moment a run takes its slot.
"""

from penstock.server.orchestration.claim import claim_flow_runs
from penstock.server.orchestration.set_state import set_flow_run_state

__all__ = ["claim_flow_runs", "set_flow_run_state"]
