"""Flow runs, their states and their logs (orchestration.md 1.3, 2.7, 4.1)."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from penstock.core.clock import utc_now
from tests.api.driver import Api, ago, iso, problems, template


async def create(api: Api, *, expect: int = 201, **fields: Any) -> Any:
    return await api.post("flow_runs/", {"flow_id": str(await api.add_flow()), **fields}, expect=expect)


async def test_a_run_has_the_defaults(api: Api) -> None:
    run = await create(api)

    for key in ("id", "created", "updated", "state_id", "name", "expected_start_time"):
        assert run.pop(key) is not None
    state = run.pop("state")
    assert (state["type"], state["name"], state["data"]) == ("PENDING", "Pending", None)
    assert "created" not in state
    assert state["state_details"]["scheduled_time"] is None
    assert run.pop("empirical_policy") == {
        "max_retries": 0,
        "retry_delay_seconds": 0.0,
        "retries": None,
        "retry_delay": None,
        "pause_keys": [],
        "resuming": False,
        "retry_type": None,
    }
    assert 0 <= run.pop("estimated_start_time_delta") < 60
    assert run == {
        "attempt": 0,
        "worker_name": None,
        "lease_expires_at": None,
        "infra_failures": 0,
        "flow_id": str(api.flow_id),
        "deployment_id": None,
        "deployment_version": None,
        "work_queue_id": None,
        "work_queue_name": None,
        "flow_version": None,
        "parameters": {},
        "idempotency_key": None,
        "context": {},
        "tags": [],
        "labels": {"prefect.flow.id": str(api.flow_id)},
        "parent_task_run_id": None,
        "state_type": "PENDING",
        "state_name": "Pending",
        "run_count": 0,
        "next_scheduled_start_time": None,
        "start_time": None,
        "end_time": None,
        "total_run_time": 0.0,
        "estimated_run_time": 0.0,
        "auto_scheduled": False,
        "infrastructure_document_id": None,
        "infrastructure_pid": None,
        "created_by": None,
        "work_pool_id": None,
        "work_pool_name": None,
        "job_variables": {},
    }


@pytest.mark.parametrize(
    ("fields", "queue"),
    [({"work_pool_name": "pool"}, "default"), ({"work_pool_name": "pool", "work_queue_name": "a"}, "a")],
)
async def test_a_run_goes_to_the_queue_it_names(api: Api, fields: dict[str, Any], queue: str) -> None:
    pool = await api.create_pool()
    await api.create_queue("a")

    run = await create(api, state={"type": "SCHEDULED"}, **fields)

    assert (run["work_queue_name"], run["work_pool_name"], run["work_pool_id"]) == (queue, "pool", pool["id"])
    assert await api.poll("pool", queue) == [run["name"]]


@pytest.mark.parametrize(
    ("fields", "status", "named"),
    [
        ({"work_pool_name": "absent"}, 404, "absent"),
        ({"work_pool_name": "pool", "work_queue_name": "absent"}, 404, "absent"),
        ({"flow_id": str(uuid4())}, 409, "refers"),
        ({"flow_id": "no-id"}, 422, "flow_id"),
        ({"state": {"type": "PENDING", "timestamp": iso(utc_now())}}, 422, "timestamp"),
        ({"parameters": [1]}, 422, "parameters"),
    ],
)
async def test_a_bad_run_is_refused(api: Api, fields: dict[str, Any], status: int, named: str) -> None:
    await api.create_pool()

    assert named in problems(await create(api, expect=status, **fields))


async def test_an_idempotency_key_gives_the_same_run(api: Api) -> None:
    first = await create(api, idempotency_key="k")

    assert (await create(api, idempotency_key="k", expect=200))["id"] == first["id"]


async def test_a_run_is_read_and_missed(api: Api) -> None:
    run = await create(api)

    found = await api.get(f"flow_runs/{run['id']}")
    assert found | {"estimated_start_time_delta": 0} == run | {"estimated_start_time_delta": 0}
    assert await api.get(f"flow_runs/{uuid4()}", expect=404) == {"detail": "Flow run not found"}


@pytest.mark.parametrize(
    ("body", "names"),
    [
        ({"sort": "NAME_ASC"}, ["a", "b", "c"]),
        ({}, ["c", "b", "a"]),
        ({"limit": 1}, ["c"]),
        ({"sort": "NAME_ASC", "offset": 2}, ["c"]),
        ({"flow_runs": {"name": {"any_": ["b"]}}}, ["b"]),
        ({"flow_runs": {"state": {"type": {"any_": ["RUNNING"]}}}}, ["b"]),
        ({"flow_runs": {"state": {"type": {"not_any_": ["RUNNING"]}}}, "sort": "NAME_ASC"}, ["a", "c"]),
        ({"flow_runs": {"tags": {"all_": ["t"]}}}, ["c"]),
        ({"work_pools": {"name": {"any_": ["pool"]}}}, ["a"]),
        ({"work_pool_queues": {"name": {"any_": ["default"]}}}, ["a"]),
        ({"flows": {"name": {"any_": ["absent"]}}}, []),
        ({"deployments": {"name": {"any_": ["absent"]}}}, []),
    ],
)
async def test_runs_are_listed_and_counted(api: Api, body: dict[str, Any], names: list[str]) -> None:
    await api.create_pool()
    await create(api, name="a", work_pool_name="pool")
    await create(api, name="b", state={"type": "RUNNING"})
    await create(api, name="c", tags=["t"])

    assert [run["name"] for run in await api.post("flow_runs/filter", body)] == names
    if not {"limit", "offset"} & body.keys():
        assert await api.post("flow_runs/count", body) == len(names)


async def test_a_page_of_runs(api: Api) -> None:
    for name in ("a", "b", "c"):
        await create(api, name=name)

    page = await api.post("flow_runs/paginate", {"sort": "NAME_ASC", "page": 2, "limit": 2})

    assert [run["name"] for run in page.pop("results")] == ["c"]
    assert page == {"count": 3, "limit": 2, "pages": 2, "page": 2}


async def test_a_change_replaces_what_is_present(api: Api) -> None:
    run = await create(api, tags=["t"], parameters={"a": 1, "b": 2})
    policy = {"retries": 2, "retry_delay": 1}

    await api.patch(
        f"flow_runs/{run['id']}",
        {"name": "new", "parameters": {"a": 3}, "empirical_policy": policy, "infrastructure_pid": "h:1"},
    )

    after = await api.get(f"flow_runs/{run['id']}")
    assert (after["name"], after["parameters"], after["tags"]) == ("new", {"a": 3}, ["t"])
    assert (after["empirical_policy"]["retries"], after["infrastructure_pid"]) == (2, "h:1")
    assert "colour" in problems(await api.patch(f"flow_runs/{run['id']}", {"colour": 1}, expect=422))
    await api.patch(f"flow_runs/{uuid4()}", {}, expect=404)


async def test_labels_are_merged(api: Api) -> None:
    run = await create(api, labels={"a": 1})

    await api.patch(f"flow_runs/{run['id']}/labels", {"b": "two", "a": 3})

    labels = (await api.get(f"flow_runs/{run['id']}"))["labels"]
    assert labels == {"prefect.flow.id": str(api.flow_id), "a": 3, "b": "two"}
    await api.patch(f"flow_runs/{uuid4()}/labels", {}, expect=404)
    await api.patch(f"flow_runs/{run['id']}/labels", {"a": {"deep": 1}}, expect=422)


async def test_job_variables_change_only_while_scheduled(api: Api) -> None:
    await api.create_pool(base_job_template=template())
    deployment = await api.post(
        "deployments/",
        {"name": "d", "flow_id": str(await api.add_flow()), "work_pool_name": "pool"},
        expect=201,
    )
    run = await api.post(f"deployments/{deployment['id']}/create_flow_run", {}, expect=201)
    alone = await create(api, state={"type": "SCHEDULED"})
    path, body = f"flow_runs/{run['id']}", {"job_variables": {"command": "ls"}}

    await api.patch(path, body)
    assert (await api.get(path))["job_variables"] == {"command": "ls"}
    assert "command" in problems(await api.patch(path, {"job_variables": {"command": 3}}, expect=422))
    await api.propose(run["id"], "PENDING")
    assert "scheduled" in problems(await api.patch(path, body, expect=400))
    assert "deployment" in problems(await api.patch(f"flow_runs/{alone['id']}", body, expect=400))


async def test_a_deleted_run_is_gone_with_its_logs(api: Api) -> None:
    run = await create(api)
    line = {"name": "n", "level": 20, "message": "m", "timestamp": iso(utc_now()), "flow_run_id": run["id"]}
    await api.post("logs/", [line], expect=201)

    await api.delete(f"flow_runs/{run['id']}")

    await api.delete(f"flow_runs/{run['id']}", expect=404)
    assert await api.post("logs/filter") == []


async def test_a_state_is_proposed_and_answered(api: Api) -> None:
    run = await create(api, state={"type": "SCHEDULED"})

    response = await api.send(
        "POST",
        f"flow_runs/{run['id']}/set_state",
        {"state": {"type": "PENDING", "name": "Submitting", "message": "m"}, "force": None},
        expect=201,
    )

    result = response.json()
    assert (result["status"], result["details"]) == ("ACCEPT", {"type": "accept_details"})
    state = result["state"]
    assert (state["type"], state["name"], state["message"]) == ("PENDING", "Submitting", "m")
    assert state["state_details"]["flow_run_id"] == run["id"]
    assert (await api.get(f"flow_runs/{run['id']}"))["state_id"] == state["id"]


async def test_a_refused_state_answers_200(api: Api) -> None:
    run = await create(api, state={"type": "SCHEDULED"})
    path = f"flow_runs/{run['id']}/set_state"
    await api.post(path, {"state": {"type": "PENDING"}}, expect=201)

    aborted = await api.post(path, {"state": {"type": "PENDING"}}, expect=200)

    assert aborted["status"] == "ABORT"
    assert aborted["details"]["type"] == "abort_details"
    assert aborted["state"]["type"] == "PENDING"


async def test_a_run_due_later_must_wait(api: Api) -> None:
    later = iso(utc_now() + timedelta(seconds=600))
    run = await create(api, state={"type": "SCHEDULED", "state_details": {"scheduled_time": later}})

    waiting = await api.post(f"flow_runs/{run['id']}/set_state", {"state": {"type": "RUNNING"}})

    assert waiting["status"] == "WAIT"
    assert 0 < waiting["details"]["delay_seconds"] <= 600


async def test_a_failure_with_retries_left_is_put_back(api: Api) -> None:
    run = await create(api, empirical_policy={"retries": 1, "retry_delay": 30})
    path = f"flow_runs/{run['id']}/set_state"
    await api.post(path, {"state": {"type": "RUNNING"}}, expect=201)

    result = await api.post(path, {"state": {"type": "FAILED"}}, expect=201)

    assert result["status"] == "REJECT"
    assert (result["state"]["type"], result["state"]["name"]) == ("SCHEDULED", "AwaitingRetry")


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({}, "state"),
        ({"state": {"type": "WAITING"}}, "type"),
        ({"state": {"type": "PENDING", "id": str(uuid4())}}, "id"),
        ({"state": {"type": "PENDING"}, "force": "perhaps"}, "force"),
    ],
)
async def test_a_bad_state_is_refused(api: Api, body: dict[str, Any], named: str) -> None:
    run = await create(api)

    assert named in problems(await api.post(f"flow_runs/{run['id']}/set_state", body, expect=422))


async def test_a_state_for_an_unknown_run_is_not_found(api: Api) -> None:
    unknown = uuid4()

    answer = await api.post(f"flow_runs/{unknown}/set_state", {"state": {"type": "PENDING"}}, expect=404)

    assert answer == {"exception_message": f"Flow run with id {unknown} not found."}


async def test_the_history_of_a_run(api: Api) -> None:
    run = await create(api, state={"type": "SCHEDULED"})
    for state in ("PENDING", "RUNNING", "COMPLETED"):
        await api.propose(run["id"], state)

    history = await api.get(f"flow_run_states/?flow_run_id={run['id']}")

    assert [state["type"] for state in history] == ["SCHEDULED", "PENDING", "RUNNING", "COMPLETED"]
    assert await api.get(f"flow_run_states/{history[1]['id']}") == history[1]
    assert await api.get(f"flow_run_states/?flow_run_id={uuid4()}") == []
    await api.get(f"flow_run_states/{uuid4()}", expect=404)
    assert "flow_run_id" in problems(await api.get("flow_run_states/", expect=422))


async def test_logs_are_stored_and_found(api: Api) -> None:
    run_id = str(uuid4())
    lines = [
        {
            "name": "penstock\x00",
            "level": level,
            "message": f"message {level}\x00",
            "timestamp": iso(ago(seconds=level)),
            "flow_run_id": run_id,
            "worker_id": str(uuid4()),
        }
        for level in (10, 20, 30)
    ]

    assert await api.post("logs/", lines, expect=201) is None
    await api.post("logs/", [], expect=201)

    async def levels(**body: Any) -> list[int]:
        return [line["level"] for line in await api.post("logs/filter", body or None)]

    assert await levels() == [30, 20, 10]
    assert await levels(sort="TIMESTAMP_DESC") == [10, 20, 30]
    assert await levels(logs={"level": {"ge_": 20}}) == [30, 20]
    assert await levels(logs={"flow_run_id": {"any_": [run_id]}}, limit=1) == [30]
    assert await levels(logs={"flow_run_id": {"any_": [str(uuid4())]}}) == []
    [line] = await api.post("logs/filter", {"limit": 1})
    assert (line["name"], line["message"], line["task_run_id"]) == ("penstock", "message 30", None)
    assert "0.message" in problems(await api.post("logs/", [{"name": "n"}], expect=422)).replace(
        "', '", "."
    ).replace("', ", ".").replace(", '", ".")


async def test_pages_by_id_neither_overlap_nor_leave_out(api: Api) -> None:
    ids = [(await create(api))["id"] for _ in range(5)]

    read: list[str] = []
    while page := await api.post(
        "flow_runs/filter", {"limit": 2, "flow_runs": {"id": {"lt_": read[-1]} if read else {}}}
    ):
        read += [run["id"] for run in page]
    assert read == sorted(ids, reverse=True)
