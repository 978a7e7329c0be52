"""What each call sends and returns."""

import inspect
from datetime import UTC, datetime
from uuid import UUID, uuid4

import httpx
import pytest

from penstock.client import Conflict, PenstockClient
from penstock.core.states import StateType
from penstock.schemas.actions import (
    DeploymentCreate,
    DeploymentFlowRunCreate,
    DeploymentUpdate,
    FlowCreate,
    FlowRunUpdate,
    LogCreate,
    StateCreate,
    StateReport,
    WorkPoolCreate,
    WorkPoolUpdate,
    WorkQueueCreate,
    WorkQueueUpdate,
)
from penstock.schemas.filters import (
    DeploymentFilter,
    FlowFilter,
    FlowRunFilter,
    FlowRunFilterName,
    LogFilter,
    WorkerFilter,
    WorkPoolFilter,
    WorkPoolFilterName,
    WorkQueueFilter,
)
from penstock.schemas.responses import SetStateStatus
from penstock.schemas.states import StateDetails
from tests.client.conftest import Script
from tests.client.operations import OPERATIONS

ID = UUID("01890000-0000-7000-8000-000000000001")
WHEN = datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC)
POOL = {"name": "p", "type": "process", "default_queue_id": str(ID)}
QUEUE = {"name": "q", "work_pool_id": str(ID)}
WORKER = {"name": "w", "work_pool_id": str(ID)}
FLOW = {"name": "f"}
RUN = {"name": "r", "flow_id": str(ID)}
DEPLOYMENT = {"name": "d", "flow_id": str(ID)}
STATE = {"type": "RUNNING"}
LOG = {"name": "n", "level": 20, "message": "m", "timestamp": "2030-01-02T03:04:05Z"}
DISPATCHED = {"work_pool_id": str(ID), "work_queue_id": str(ID), "flow_run": RUN}
CLAIMED = {**DISPATCHED, "attempt": 1, "lease_seconds": 90, "renewal_seconds": 15}
STATUS = {"active_slots": 0, "count": 0, "limit": 1, "pages": 0, "page": 1}
ACCEPTED = {"state": STATE, "status": "ACCEPT", "details": {"type": "accept_details"}}
REPORT = StateReport(
    flow_run_id=ID,
    attempt=3,
    state=StateCreate(type=StateType.RUNNING, state_details=StateDetails(transition_id=ID)),
)
STANDING = {"flow_run_id": str(ID), "is_yours": True, "attempt": 3, "state_type": "RUNNING"}
RENEWED = {
    "lease_seconds": 90,
    "grace_seconds": 30,
    "renewal_seconds": 15,
    "is_draining": False,
    "attempts": [STANDING],
    "unlisted": [],
}

CASES = [
    *OPERATIONS,
    (lambda c: c.health(), "GET /health", None, True),
    (lambda c: c.server_version(), "GET /version", None, "0.8.4"),
    (
        lambda c: c.create_work_pool(WorkPoolCreate(name="p", type="process")),
        "POST /work_pools/",
        {"name": "p", "type": "process"},
        POOL,
    ),
    (lambda c: c.read_work_pool("a b/ü"), "GET /work_pools/a%20b%2F%C3%BC", None, POOL),
    (lambda c: c.read_work_pools(), "POST /work_pools/filter", {}, [POOL]),
    (
        lambda c: c.read_work_pools(WorkPoolFilter(name=WorkPoolFilterName(any_=["p"])), limit=5, offset=2),
        "POST /work_pools/filter",
        {"work_pools": {"name": {"any_": ["p"]}}, "limit": 5, "offset": 2},
        [POOL],
    ),
    (
        lambda c: c.update_work_pool("p", WorkPoolUpdate(concurrency_limit=None)),
        "PATCH /work_pools/p",
        {"concurrency_limit": None},
        None,
    ),
    (lambda c: c.delete_work_pool("p"), "DELETE /work_pools/p", None, None),
    (
        lambda c: c.read_work_pool_concurrency_status("p", flow_run_limit=0),
        "POST /work_pools/p/concurrency_status",
        {"page": 1, "flow_run_limit": 0},
        STATUS,
    ),
    (
        lambda c: c.create_work_queue("p", WorkQueueCreate(name="q", priority=3)),
        "POST /work_pools/p/queues",
        {"name": "q", "priority": 3},
        QUEUE,
    ),
    (lambda c: c.read_work_queue("p", "q"), "GET /work_pools/p/queues/q", None, QUEUE),
    (
        lambda c: c.read_work_queues("p", WorkQueueFilter(), limit=0),
        "POST /work_pools/p/queues/filter",
        {"work_queues": {}, "limit": 0},
        [QUEUE],
    ),
    (
        lambda c: c.update_work_queue("p", "q", WorkQueueUpdate(is_paused=True)),
        "PATCH /work_pools/p/queues/q",
        {"is_paused": True},
        None,
    ),
    (lambda c: c.delete_work_queue("p", "q"), "DELETE /work_pools/p/queues/q", None, None),
    (
        lambda c: c.send_worker_heartbeat("p", "w", heartbeat_interval_seconds=10),
        "POST /work_pools/p/workers/heartbeat",
        {"name": "w", "heartbeat_interval_seconds": 10},
        None,
    ),
    (
        lambda c: c.send_worker_heartbeat("p", "w"),
        "POST /work_pools/p/workers/heartbeat",
        {"name": "w"},
        None,
    ),
    (
        lambda c: c.read_workers("p", WorkerFilter()),
        "POST /work_pools/p/workers/filter",
        {"workers": {}},
        [WORKER],
    ),
    (lambda c: c.delete_worker("p", "w"), "DELETE /work_pools/p/workers/w", None, None),
    (
        lambda c: c.renew_attempts("p", "w", {ID: 3}, 10),
        "POST /work_pools/p/renew",
        {
            "worker_name": "w",
            "attempts": [{"flow_run_id": str(ID), "attempt": 3}],
            "heartbeat_interval_seconds": 10,
        },
        RENEWED,
    ),
    (
        lambda c: c.renew_attempt(ID, "w", 3),
        f"POST /flow_runs/{ID}/renew",
        {"worker_name": "w", "attempt": 3},
        STANDING,
    ),
    (
        lambda c: c.report_flow_run_states([REPORT]),
        "POST /flow_runs/report",
        {"reports": [REPORT.model_dump(mode="json", exclude_unset=True)]},
        {"results": [{"flow_run_id": str(ID), "status_code": 201, "result": ACCEPTED}]},
    ),
    (
        lambda c: c.claim_flow_runs("p", "w", ["q"], limit=3),
        "POST /work_pools/p/claim",
        {"worker_name": "w", "work_queue_names": ["q"], "limit": 3},
        [CLAIMED],
    ),
    (
        lambda c: c.claim_flow_runs("p", "w"),
        "POST /work_pools/p/claim",
        {"worker_name": "w", "work_queue_names": None, "limit": 10},
        [],
    ),
    (
        lambda c: c.get_scheduled_flow_runs("p", ["q"], scheduled_before=WHEN, limit=1),
        "POST /work_pools/p/get_scheduled_flow_runs",
        {"work_queue_names": ["q"], "scheduled_before": "2030-01-02T03:04:05+00:00", "limit": 1},
        [DISPATCHED],
    ),
    (
        lambda c: c.get_scheduled_flow_runs("p"),
        "POST /work_pools/p/get_scheduled_flow_runs",
        {},
        [],
    ),
    (lambda c: c.create_flow(FlowCreate(name="f")), "POST /flows/", {"name": "f"}, FLOW),
    (lambda c: c.read_flow(ID), f"GET /flows/{ID}", None, FLOW),
    (lambda c: c.read_flow_by_name("a b"), "GET /flows/name/a%20b", None, FLOW),
    (
        lambda c: c.read_flows(FlowFilter(), sort="NAME_DESC"),
        "POST /flows/filter",
        {"flows": {}, "sort": "NAME_DESC"},
        [FLOW],
    ),
    (
        lambda c: c.create_deployment(DeploymentCreate(name="d", flow_id=ID)),
        "POST /deployments/",
        {"name": "d", "flow_id": str(ID)},
        DEPLOYMENT,
    ),
    (lambda c: c.read_deployment(ID), f"GET /deployments/{ID}", None, DEPLOYMENT),
    (
        lambda c: c.read_deployment_by_name("f/x", "d"),
        "GET /deployments/name/f%2Fx/d",
        None,
        DEPLOYMENT,
    ),
    (
        lambda c: c.read_deployments(DeploymentFilter(), work_queue_filter=WorkQueueFilter()),
        "POST /deployments/filter",
        {"deployments": {}, "work_pool_queues": {}},
        [DEPLOYMENT],
    ),
    (
        lambda c: c.update_deployment(ID, DeploymentUpdate(paused=True)),
        f"PATCH /deployments/{ID}",
        {"paused": True},
        None,
    ),
    (lambda c: c.delete_deployment(ID), f"DELETE /deployments/{ID}", None, None),
    (
        lambda c: c.create_flow_run_from_deployment(ID, DeploymentFlowRunCreate(parameters={"x": 1})),
        f"POST /deployments/{ID}/create_flow_run",
        {"parameters": {"x": 1}},
        RUN,
    ),
    (lambda c: c.read_flow_run(ID), f"GET /flow_runs/{ID}", None, RUN),
    (
        lambda c: c.read_flow_runs(
            FlowRunFilter(name=FlowRunFilterName(like_="r")),
            deployment_filter=DeploymentFilter(),
            work_pool_filter=WorkPoolFilter(),
            work_queue_filter=WorkQueueFilter(),
            flow_filter=FlowFilter(),
            sort="ID_DESC",
            limit=2,
            offset=1,
        ),
        "POST /flow_runs/filter",
        {
            "flow_runs": {"name": {"like_": "r"}},
            "deployments": {},
            "work_pools": {},
            "work_pool_queues": {},
            "flows": {},
            "sort": "ID_DESC",
            "limit": 2,
            "offset": 1,
        },
        [RUN],
    ),
    (lambda c: c.count_flow_runs(FlowRunFilter()), "POST /flow_runs/count", {"flow_runs": {}}, 3),
    (lambda c: c.read_flow_run_states(ID), f"GET /flow_run_states/?flow_run_id={ID}", None, [STATE]),
    (
        lambda c: c.update_flow_run(ID, FlowRunUpdate(name="n")),
        f"PATCH /flow_runs/{ID}",
        {"name": "n"},
        None,
    ),
    (lambda c: c.delete_flow_run(ID), f"DELETE /flow_runs/{ID}", None, None),
    (
        lambda c: c.read_logs(LogFilter(), sort="TIMESTAMP_DESC"),
        "POST /logs/filter",
        {"logs": {}, "sort": "TIMESTAMP_DESC"},
        [LOG],
    ),
]


@pytest.mark.parametrize(("call", "line", "body", "answer"), CASES, ids=[case[1] for case in CASES])
async def test_a_call(client_of, call, line, body, answer):
    script = Script(httpx.Response(204) if answer is None else httpx.Response(200, json=answer))
    result = await call(client_of(script))
    [request] = script.requests
    method, path = line.split(" ", 1)
    assert (request.method, request.url.raw_path.decode()) == (method, f"/api{path}")
    assert script.bodies == [body]
    if answer is None:
        assert result is None
    elif isinstance(answer, list):
        assert len(result) == len(answer)
    elif not isinstance(answer, dict):
        assert result == answer


def test_every_call_has_a_case():
    calls = {
        name
        for name, value in vars_of(PenstockClient).items()
        if inspect.iscoroutinefunction(value) and not name.startswith("_")
    }
    covered = {name for case in CASES for name in case[0].__code__.co_names if name in calls}
    assert calls - covered == {"close", "set_flow_run_state", "create_logs"}


def vars_of(kind):
    return {name: value for each in reversed(kind.__mro__) for name, value in vars(each).items()}


async def test_logs(client_of):
    script = Script(httpx.Response(201, content=b"null"))
    lines = [LogCreate(name="n", level=20, message="m é", timestamp=WHEN, flow_run_id=ID)]
    assert await client_of(script).create_logs(lines) is None
    assert script.bodies == [
        [
            {
                "name": "n",
                "level": 20,
                "message": "m é",
                "timestamp": "2030-01-02T03:04:05.000000Z",
                "flow_run_id": str(ID),
                "task_run_id": None,
            }
        ]
    ]


async def test_a_state_is_proposed_under_one_transition_id_however_often(client_of):
    script = Script(httpx.ReadError("reset"), httpx.Response(201, json=ACCEPTED))
    result = await client_of(script).set_flow_run_state(ID, StateCreate(type=StateType.RUNNING), force=True)
    assert result.status is SetStateStatus.ACCEPT
    first, second = script.bodies
    assert first == second
    assert first["force"] is True
    assert UUID(first["state"]["state_details"]["transition_id"])


async def test_an_attempt_is_named_in_what_is_said_about_its_run(client_of):
    over = httpx.Response(409, json={"detail": "Attempt 2 of the run is over."})
    script = Script(httpx.Response(201, json=ACCEPTED), over)
    client = client_of(script)
    await client.set_flow_run_state(ID, StateCreate(type=StateType.RUNNING), attempt=2)
    assert script.bodies[0]["attempt"] == 2
    with pytest.raises(Conflict, match="Attempt 2 of the run is over"):
        await client.update_flow_run(ID, FlowRunUpdate(name="n"), attempt=2)
    assert script.requests[1].url.query == b"attempt=2"
    with pytest.raises(Conflict, match="is over"):
        await client.renew_attempt(ID, "w", 2)
    assert len(script.requests) == 3


async def test_a_transition_id_that_is_given_is_kept(client_of):
    given = uuid4()
    script = Script(httpx.Response(201, json=ACCEPTED))
    state = StateCreate(type=StateType.RUNNING, state_details=StateDetails(transition_id=given))
    await client_of(script).set_flow_run_state(ID, state)
    assert script.bodies[0]["state"]["state_details"]["transition_id"] == str(given)


async def test_a_refusal_of_what_was_written_before_is_an_acceptance(client_of):
    def refuse(request: httpx.Request) -> httpx.Response:
        sent = script.bodies[-1]["state"]
        return httpx.Response(
            200,
            json={
                "state": sent,
                "status": "REJECT",
                "details": {"type": "reject_details", "reason": "Twice."},
            },
        )

    script = Script(httpx.ReadError("reset"), refuse)
    result = await client_of(script).set_flow_run_state(ID, StateCreate(type=StateType.RUNNING))
    assert result.status is SetStateStatus.ACCEPT
    assert result.details.type == "accept_details"


async def test_another_refusal_stays_one(client_of):
    answer = {"state": STATE, "status": "REJECT", "details": {"type": "reject_details", "reason": "No."}}
    script = Script(httpx.Response(200, json=answer))
    result = await client_of(script).set_flow_run_state(ID, StateCreate(type=StateType.COMPLETED))
    assert (result.status, result.details.reason) == (SetStateStatus.REJECT, "No.")


async def test_headers_and_strange_text_travel(client_of):
    script = Script(httpx.Response(200, json=RUN))
    client = client_of(script, headers={"X-Extra": "1"})
    await client._http.send("POST", "/x", {"x": "\ud800 é"}, repeatable=False)
    assert script.requests[0].headers["X-Extra"] == "1"
    assert script.requests[0].headers["Content-Type"] == "application/json"
    assert script.requests[0].content == b'{"x": "\\ud800 \\u00e9"}'
