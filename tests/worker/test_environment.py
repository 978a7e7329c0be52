"""What a job finds in its environment."""

import json
from pathlib import Path
from uuid import uuid4

from penstock.schemas.responses import FlowRunResponse
from penstock.worker.environment import LONGEST_VALUE_BYTES, job_environment


async def test_a_job_knows_its_run_and_its_parameters(server, start_worker):
    parameters = {"text": "a b", "n": 3, "flag": True, "none": None, "odd name": [1, "é"]}
    names = "PENSTOCK_API_URL PENSTOCK_FLOW_RUN_ID PENSTOCK_FLOW_RUN_NAME PENSTOCK_PARAMETERS"
    run_id = server.add_run(
        f"printenv {names}; printenv | grep PENSTOCK_PARAM_ | sort", parameters=parameters
    )
    start_worker()
    await server.until_ended(run_id)
    url, id_, name, sent, *each = server.lines(run_id)
    assert url == "http://fake/api"
    assert id_ == str(run_id)
    assert name == server.runs[run_id].name
    assert json.loads(sent) == parameters
    assert each == [
        "PENSTOCK_PARAM_FLAG=true",
        "PENSTOCK_PARAM_N=3",
        "PENSTOCK_PARAM_NONE=null",
        'PENSTOCK_PARAM_ODD_NAME=[1, "\\u00e9"]',
        "PENSTOCK_PARAM_TEXT=a b",
    ]


async def test_env_adds_changes_and_takes_away(server, start_worker, monkeypatch):
    monkeypatch.setenv("KEPT", "kept")
    monkeypatch.setenv("GONE", "gone")
    env = {"ADDED": "added", "GONE": None, "PENSTOCK_FLOW_RUN_NAME": "mine"}
    run_id = server.add_run(
        "echo $KEPT ${GONE-nothing} $ADDED $PENSTOCK_FLOW_RUN_NAME", job_variables={"env": env}
    )
    start_worker()
    await server.until_ended(run_id)
    assert server.lines(run_id) == ["kept nothing added mine"]


async def test_what_is_too_long_for_an_environment_is_left_out_with_a_warning(server, start_worker):
    run_id = server.add_run("echo ${PENSTOCK_PARAMETERS-none}", parameters={"x": "y" * LONGEST_VALUE_BYTES})
    start_worker()
    await server.until_ended(run_id)
    *warnings, last = server.lines(run_id)
    assert last == "none"
    assert [line.split()[3] for line in warnings] == ["PENSTOCK_PARAMETERS", "PENSTOCK_PARAM_X"]


async def test_an_entrypoint_gets_parameters_of_any_length(server, start_worker, tmp_path: Path):
    (tmp_path / "job.py").write_text("def main(x, n=1): print(len(x), n)\n")
    run_id = server.add_run(
        entrypoint="job.py:main", path=str(tmp_path), parameters={"x": "é" * 500_000, "n": 2}
    )
    start_worker()
    await server.until_ended(run_id)
    assert server.lines(run_id) == ["500000 2"]
    assert server.states(run_id)[-1] == "COMPLETED"


async def test_a_command_reads_nothing_from_standard_input(server, start_worker):
    run_id = server.add_run("cat; echo end")
    start_worker()
    await server.until_ended(run_id)
    assert server.lines(run_id) == ["end"]


def test_what_no_environment_can_hold_is_left_out():
    run = FlowRunResponse(flow_id=uuid4(), parameters={"half": "\ud800"})
    extra = {"": "unnamed", "A=B": "x", "NUL": "\0", "FINE": "fine"}
    environment, left_out = job_environment({}, api_url="http://x", run=run, extra=extra)
    assert left_out == ["PENSTOCK_PARAM_HALF", "", "A=B", "NUL"]
    assert environment["FINE"] == "fine"
    assert not set(left_out) & set(environment)
