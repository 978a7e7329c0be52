"""What the calls of operators and of cleanup send, and what they are answered."""

from uuid import UUID

from penstock.schemas.actions import CleanupOutcome, DeploymentScheduleCreate, DeploymentScheduleUpdate
from penstock.schemas.core import CronSchedule
from penstock.schemas.filters import WorkPoolFilter

ID = UUID("01890000-0000-7000-8000-000000000001")
MAINTENANCE = {"is_paused": True, "held_runs": 1, "held_by": [{"worker_name": "w", "count": 1}]}
REPORT = {"checked_at": "2030-01-02T03:04:05Z", "violation_count": 0, "override_count": 0, "checks": []}
EXPLANATION = {
    "flow_run_id": str(ID),
    "name": "r",
    "is_dispatchable": True,
    "reasons": [],
    "read_at": "2030-01-02T03:04:05Z",
}
KNOWN_SERVER = {
    "id": str(ID),
    "host": "millhouse",
    "process_id": 42,
    "version": "0.1",
    "started_at": "2030-01-02T03:04:05Z",
    "last_seen": "2030-01-02T03:04:05Z",
    "interval_seconds": 10.0,
    "is_alive": True,
}
DRAIN = {"name": "w", "draining_since": "2030-01-02T03:04:05Z", "held_runs": 1}
CLEANUP = {
    "message_id": str(ID),
    "kind": "k",
    "token": "t",
    "lease_expires_at": "2030-01-02T03:04:05Z",
    "attempt": 1,
    "target": {},
}
DEAD_LETTER = {
    "id": str(ID),
    "kind": "k",
    "work_pool_name": "p",
    "reason": "r",
    "attempts": 3,
    "asked_at": "2030-01-02T03:04:05Z",
    "dead_since": "2030-01-02T03:04:05Z",
}

SCHEDULE = {"id": str(ID), "schedule": {"cron": "0 6 * * *", "timezone": None, "day_or": True}}
OUTLOOK = {"flow_name": "f"}

OPERATIONS = [
    (
        lambda c: c.create_deployment_schedules(
            ID, [DeploymentScheduleCreate(schedule=CronSchedule(cron="0 6 * * *"), slug="s")]
        ),
        f"POST /deployments/{ID}/schedules",
        [{"schedule": {"cron": "0 6 * * *"}, "slug": "s"}],
        [SCHEDULE],
    ),
    (lambda c: c.read_deployment_schedules(ID), f"GET /deployments/{ID}/schedules", None, [SCHEDULE]),
    (
        lambda c: c.read_deployment_outlook(ID, starts=1),
        f"GET /overview/deployments/{ID}?starts=1",
        None,
        OUTLOOK,
    ),
    (
        lambda c: c.count_scheduled_runs(ID),
        f"GET /overview/deployments/{ID}/scheduled_runs",
        None,
        4,
    ),
    (
        lambda c: c.update_deployment_schedule(ID, ID, DeploymentScheduleUpdate(active=False)),
        f"PATCH /deployments/{ID}/schedules/{ID}",
        {"active": False},
        None,
    ),
    (
        lambda c: c.delete_deployment_schedule(ID, ID),
        f"DELETE /deployments/{ID}/schedules/{ID}",
        None,
        None,
    ),
    (lambda c: c.examine(), "GET /admin/doctor", None, REPORT),
    (lambda c: c.read_servers(), "GET /admin/servers", None, [KNOWN_SERVER]),
    (lambda c: c.explain_flow_run(ID), f"GET /flow_runs/{ID}/explain", None, EXPLANATION),
    (lambda c: c.read_maintenance("p"), "GET /work_pools/p/maintenance", None, MAINTENANCE),
    (
        lambda c: c.begin_maintenance("p", "disks"),
        "POST /work_pools/p/maintenance",
        {"reason": "disks"},
        MAINTENANCE,
    ),
    (lambda c: c.end_maintenance("p"), "DELETE /work_pools/p/maintenance", None, MAINTENANCE),
    (
        lambda c: c.claim_cleanup("p", "w", hosts=["h"], kinds=["k"], limit=2),
        "POST /work_pools/p/cleanup/claim",
        {"worker_name": "w", "hosts": ["h"], "kinds": ["k"], "limit": 2},
        [CLEANUP],
    ),
    (
        lambda c: c.settle_cleanup("p", ID, token="t", outcome=CleanupOutcome.FAILED, detail="d"),
        f"POST /work_pools/p/cleanup/{ID}/settle",
        {"token": "t", "outcome": "failed", "detail": "d"},
        None,
    ),
    (
        lambda c: c.read_dead_letters(["p"], limit=3, offset=1),
        "POST /dead_letters/filter",
        {"limit": 3, "offset": 1, "work_pool_names": ["p"]},
        [DEAD_LETTER],
    ),
    (lambda c: c.count_dead_letters(), "POST /dead_letters/count", {}, 4),
    (lambda c: c.retry_dead_letter(ID), f"POST /dead_letters/{ID}/retry", None, None),
    (lambda c: c.delete_dead_letter(ID), f"DELETE /dead_letters/{ID}", None, None),
    (
        lambda c: c.count_deployments(work_pool_filter=WorkPoolFilter()),
        "POST /deployments/count",
        {"work_pools": {}},
        2,
    ),
    (lambda c: c.drain_worker("p", "w"), "POST /work_pools/p/workers/w/drain", None, DRAIN),
    (lambda c: c.resume_worker("p", "w"), "POST /work_pools/p/workers/w/resume", None, DRAIN),
]
"""A call, its request, the body that is sent, and the answer."""
