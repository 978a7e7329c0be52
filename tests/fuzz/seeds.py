"""What the servers hold when the requests begin: at least two of everything, in various states."""

from typing import Any

from tests.fuzz.servers import Sent, Servers, known

STATES = ["SCHEDULED", "PENDING", "RUNNING", "COMPLETED", "PAUSED", "CANCELLING"]
FIELDS = {"properties": {"a": {"type": "integer"}, "secret": {"type": "string"}}, "secret_fields": ["secret"]}
TEMPLATE = {
    "job_configuration": {"command": "{{ command }}"},
    "variables": {"type": "object", "properties": {"command": {"type": "string", "default": "true"}}},
}
TIME = "2026-01-01T00:00:00Z"


class Seeder:
    """Makes worlds of things, which are named after the number of their world."""

    def __init__(self, servers: Servers) -> None:
        self.servers, self.number = servers, 0

    def make(self, path: str, body: Any, *, method: str = "POST", status: int | None = None) -> None:
        answer = self.servers.send(Sent.json(method, f"/api/{path}", body))
        wanted = {200, 201} if status is None else {status}
        assert answer.status_code in wanted, (path, body, answer.status_code, answer.text)

    def worlds(self, count: int) -> None:
        """Make all, so many times."""
        for _ in range(count):
            self.pools()
            self.deployments()
            self.runs()
            self.limits()
            self.blocks()
            self.small_things()
            self.number += 1

    def pools(self) -> None:
        pool = f"pool-{self.number}"
        template = TEMPLATE if self.number else {}
        self.make("work_pools/", {"name": pool, "type": "process", "base_job_template": template,
                                  "concurrency_limit": 1000})  # fmt: skip
        self.make(f"work_pools/{pool}/queues", {"name": "queue", "priority": 1, "concurrency_limit": 500})
        heartbeat = {"name": "worker", "heartbeat_interval_seconds": 30}
        self.make(f"work_pools/{pool}/workers/heartbeat", heartbeat, status=204)
        self.make("work_queues/", {"name": f"tagged-{self.number}", "filter": {"tags": ["tag"]}})

    def deployments(self) -> None:
        self.make("flows/", {"name": f"flow-{self.number}", "tags": ["tag"], "labels": {"a": 1}})
        body = {
            "name": f"deployment-{self.number}",
            "flow_id": known("flow"),
            "work_pool_name": f"pool-{self.number}",
            "work_queue_name": "queue",
            "concurrency_limit": 100,
            "tags": ["tag"],
            "parameters": {"x": 1},
            "parameter_openapi_schema": {"type": "object", "properties": {"x": {"type": "integer"}}},
        }
        self.make("deployments/", body)
        schedule = {"schedule": {"cron": "0 0 * * *"}, "active": False, "slug": "daily"}
        self.make(f"deployments/{known('deployment')}/schedules", [schedule])
        self.keep_ids("schedule", f"/api/deployments/{known('deployment')}/schedules")

    def runs(self) -> None:
        for state in STATES:
            self.make("flow_runs/", {"flow_id": known("flow"), "state": {"type": state}, "tags": ["tag"]})
        for state in STATES[::2]:
            body = {"flow_run_id": known("flow_run"), "task_key": "task", "dynamic_key": state,
                    "state": {"type": state}, "tags": ["tag"]}  # fmt: skip
            self.make("task_runs/", body)
            self.make(f"deployments/{known('deployment')}/create_flow_run", {"state": {"type": state}})
        self.keep_ids("flow_run_state", f"/api/flow_run_states/?flow_run_id={known('flow_run')}")
        self.keep_ids("task_run_state", f"/api/task_run_states/?task_run_id={known('task_run')}")
        body = {"key": f"key-{self.number}", "value": "1", "sender": "me"}
        self.make(f"flow_runs/{known('flow_run')}/input", body)
        lines = [
            {
                "name": "log",
                "level": 20,
                "message": "words",
                "timestamp": TIME,
                "flow_run_id": known("flow_run"),
            },
            {
                "name": "log",
                "level": 40,
                "message": "more",
                "timestamp": TIME,
                "task_run_id": known("task_run"),
            },
        ]
        self.make("logs/", lines)
        event = {"event": "it.happened", "occurred": TIME, "resource": {"prefect.resource.id": "it"}}
        self.make("events", [event], status=204)

    def limits(self) -> None:
        self.make("v2/concurrency_limits/", {"name": f"limit-{self.number}", "limit": 100})
        self.make("concurrency_limits/", {"tag": f"tag-{self.number}", "concurrency_limit": 100})
        body = {
            "names": [f"limit-{self.number}"],
            "slots": 1,
            "holder": {"type": "flow_run", "id": known("flow_run")},
        }
        self.make("v2/concurrency_limits/increment-with-lease", body)

    def blocks(self) -> None:
        slug = f"block-{self.number}"
        self.make("block_types/", {"name": f"Block {self.number}", "slug": slug})
        fields = {**FIELDS, "block_type_slug": slug, "title": slug, "type": "object"}
        self.make(
            "block_schemas/", {"fields": fields, "block_type_id": known("block_type"), "capabilities": ["a"]}
        )
        body = {"name": f"document-{self.number}", "data": {"a": 1, "secret": "s"},
                "block_type_id": known("block_type"), "block_schema_id": known("block_schema")}  # fmt: skip
        self.make("block_documents/", body)

    def small_things(self) -> None:
        self.make("variables/", {"name": f"variable-{self.number}", "value": {"a": [1]}, "tags": ["tag"]})
        body = {"key": f"artifact-{self.number}", "type": "markdown", "data": "words",
                "flow_run_id": known("flow_run"), "task_run_id": known("task_run")}  # fmt: skip
        self.make("artifacts/", body)
        self.make("saved_searches/", {"name": f"search-{self.number}"}, method="PUT")

    def keep_ids(self, kind: str, path: str) -> None:
        """Note the ids of a list that was made along with something else."""
        for server in self.servers.each:
            answer = self.servers.run(server.send(Sent("GET", path)))
            server.ids[kind] += [row["id"] for row in answer.json()]
