"""When a deployment's runs are due, and the runs made ahead of that (orchestration.md 3).

- ``local_time``: from the local wall clock to moments, over changes of the clock.
- ``intervals``, ``crons``, ``rrules``: the dates of one kind of schedule each, pure functions;
  ``looks``: how long a rule is followed that finds none.
- ``occurrences``: the dates of any schedule; ``plans``: which of them to make runs for now,
  found by another thread;
  ``upcoming``: the next of them for people to see.
- ``runs``: the runs of one deployment, ``withdrawal``: taking them back; ``rows``: its schedules
  as rows; ``needs``: who has to be looked at.
"""

from penstock.server.models.schedules.needs import (
    ask_for_scheduling,
    postpone_scheduling,
    read_deployments_to_schedule,
)
from penstock.server.models.schedules.occurrences import occurrences
from penstock.server.models.schedules.plans import Horizon, Plan, Plans, make_plans, plan_runs
from penstock.server.models.schedules.rows import (
    WantedSchedule,
    create_deployment_schedules,
    delete_deployment_schedule,
    read_deployment_schedules,
    replace_deployment_schedules,
    update_deployment_schedule,
)
from penstock.server.models.schedules.runs import (
    read_active_schedules,
    schedule_needed_runs,
    schedule_runs,
)
from penstock.server.models.schedules.upcoming import upcoming_starts, upcoming_starts_of
from penstock.server.models.schedules.withdrawal import (
    count_scheduled_runs,
    delete_future_scheduled_runs,
    delete_scheduled_runs,
)

__all__ = [
    "Horizon",
    "Plan",
    "Plans",
    "WantedSchedule",
    "ask_for_scheduling",
    "count_scheduled_runs",
    "create_deployment_schedules",
    "delete_deployment_schedule",
    "delete_future_scheduled_runs",
    "delete_scheduled_runs",
    "make_plans",
    "occurrences",
    "plan_runs",
    "postpone_scheduling",
    "read_active_schedules",
    "read_deployment_schedules",
    "read_deployments_to_schedule",
    "replace_deployment_schedules",
    "schedule_needed_runs",
    "schedule_runs",
    "upcoming_starts",
    "upcoming_starts_of",
    "update_deployment_schedule",
]
