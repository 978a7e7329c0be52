"""Orchestration: every change of a run's state goes through here.

- ``set_state``: the one door; it locks the run, asks the rules, writes the outcome.
- ``proposals``: the same for a client, without a lock where the run alone changes.
- ``reports``: several at once, judged one by one and written together.
- ``claim``: many runs into PENDING at once, for our own workers; ``claims``: the same for a client.
- ``readings``: a run with its surroundings, read as the rules see it.
- ``transition`` and ``verdicts``: what a rule sees, and what it can answer.
- ``policy``: which rules look at which transition, in order; ``rules/``: one rule a file.
- ``expiry``: attempts end because nobody is heard of.
- ``resume``: a paused run goes on; ``timeouts``, ``cancellation``: what time does to runs.
- ``set_task_run_state``, ``task_policy``, ``task_rules/``: the same for task runs.
- ``slot_gate``: limits, held at the moment a run takes its slot; ``limit_locks``: locking and counting them.
"""

from penstock.server.orchestration.claim import Claim, claim_flow_runs
from penstock.server.orchestration.claims import Claims
from penstock.server.orchestration.expiry import end_expired_attempt
from penstock.server.orchestration.proposals import propose_flow_run_state
from penstock.server.orchestration.reports import Outcome, Report, report_flow_run_states
from penstock.server.orchestration.resume import resume_flow_run
from penstock.server.orchestration.set_state import set_flow_run_state
from penstock.server.orchestration.set_task_run_state import set_task_run_state
from penstock.server.orchestration.slot_gate import ChosenQueues
from penstock.server.orchestration.transition import Proposer, SpeakingProcess

__all__ = [
    "ChosenQueues",
    "Claim",
    "Claims",
    "Outcome",
    "Proposer",
    "Report",
    "SpeakingProcess",
    "claim_flow_runs",
    "end_expired_attempt",
    "propose_flow_run_state",
    "report_flow_run_states",
    "resume_flow_run",
    "set_flow_run_state",
    "set_task_run_state",
]
