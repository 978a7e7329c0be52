"""How a job ends, and what its run is told."""

import pytest

from penstock.core.states import StateType


async def test_a_command_that_succeeds(server, start_worker):
    run_id = server.add_run("echo hello; echo there")
    start_worker()
    await server.until_ended(run_id)
    assert server.states(run_id) == ["SCHEDULED", "PENDING", "RUNNING", "COMPLETED"]
    assert server.lines(run_id) == ["hello", "there"]


async def test_a_command_that_fails_tells_its_exit_code_and_last_lines(server, start_worker):
    run_id = server.add_run("for i in 1 2 3 4 5 6 7 8 9 10 11 12; do echo line $i; done; exit 3")
    start_worker()
    await server.until_ended(run_id)
    assert server.last(run_id).type is StateType.FAILED
    first, *rest = server.last(run_id).message.splitlines()
    assert first == "exit code 3"
    assert rest == [f"line {number}" for number in range(3, 13)]


async def test_a_job_killed_by_a_signal_crashes(server, start_worker):
    run_id = server.add_run("echo before; kill -KILL $$")
    start_worker()
    await server.until_ended(run_id)
    assert server.last(run_id).type is StateType.CRASHED
    assert server.last(run_id).message == "killed by SIGKILL (signal 9)\nbefore"


async def test_a_child_killed_by_a_signal_is_explained(server, start_worker):
    run_id = server.add_run("sh -c 'kill -KILL $$'; exit $?")
    start_worker()
    await server.until_ended(run_id)
    assert server.last(run_id).type is StateType.FAILED
    assert server.last(run_id).message.startswith(
        "exit code 137 (the command was ended by SIGKILL (signal 9))"
    )


async def test_the_lines_are_in_the_log_before_the_run_has_ended(server, start_worker):
    run_id = server.add_run("seq 1 500")
    start_worker(log_batch_seconds=5)
    await server.until_ended(run_id)
    assert server.lines(run_id) == [str(number) for number in range(1, 501)]


async def test_output_streams_while_the_job_runs(server, start_worker, tmp_path):
    gate = tmp_path / "gate"
    run_id = server.add_run(f"echo first; while [ ! -e {gate} ]; do sleep 0.02; done; echo second")
    start_worker()
    await server.until(lambda: server.lines(run_id) == ["first"])
    gate.touch()
    await server.until_ended(run_id)
    assert server.lines(run_id) == ["first", "second"]


async def test_levels(server, start_worker):
    run_id = server.add_run(
        "echo out; echo plain >&2; echo 'INFO fine' >&2; echo '2024-01-01 10:00:00,5 [warning] hm' >&2"
    )
    start_worker()
    await server.until_ended(run_id)
    levels = {line.message: line.level for line in server.logs}
    assert levels == {
        "out": 20,
        "plain": 40,
        "INFO fine": 20,
        "2024-01-01 10:00:00,5 [warning] hm": 30,
    }


async def test_output_that_is_not_to_be_streamed_still_explains_a_failure(server, start_worker):
    run_id = server.add_run("echo quiet; exit 1", job_variables={"stream_output": False})
    start_worker()
    await server.until_ended(run_id)
    assert server.last(run_id).message == "exit code 1\nquiet"
    assert server.logs == []


@pytest.mark.parametrize(
    ("run", "state_type", "sentence"),
    [
        ({}, StateType.FAILED, "There is nothing to run: the job has no command and no entrypoint."),
        ({"command": "  "}, StateType.FAILED, "There is nothing to run"),
        ({"entrypoint": "flow.py"}, StateType.FAILED, "does not have the form path/to/file.py:function"),
        ({"entrypoint": "absent.py:main"}, StateType.CRASHED, "The file 'absent.py' of the entrypoint"),
        (
            {"command": "true", "job_variables": {"working_dir": "/nowhere/at/all"}},
            StateType.CRASHED,
            "The working directory '/nowhere/at/all' does not exist on",
        ),
        (
            {"command": "true", "job_variables": {"env": {"A": 3}}},
            StateType.FAILED,
            "The job variables do not fit the work pool's job template",
        ),
        (
            {"command": "true", "job_variables": {"env": {"A": "x" * 3_000_000, "B": "y" * 90_000}}},
            StateType.COMPLETED,
            None,
        ),
    ],
)
async def test_what_cannot_start(server, start_worker, run, state_type, sentence):
    run_id = server.add_run(**run)
    start_worker()
    await server.until_ended(run_id)
    assert server.last(run_id).type is state_type
    assert sentence is None or sentence in server.last(run_id).message


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ({"command": {"a": 1}}, 'The command has to be text, not {"a": 1}.'),
        ({"command": ["sh", "-c", "exit 3"]}, "exit code 3"),
        ({"command": "true", "env": ["A"]}, 'env has to be an object of variables, not ["A"].'),
    ],
)
async def test_job_variables_that_no_schema_has_checked(server, start_worker, variables, sentence):
    server.pool.base_job_template = {}
    run_id = server.add_run(job_variables=variables)
    start_worker()
    await server.until_ended(run_id)
    assert server.last(run_id).type is StateType.FAILED
    assert server.last(run_id).message == sentence


async def test_a_pool_that_cannot_be_read(server, start_worker):
    run_id = server.add_run("true")
    server.refuse = lambda request: (
        (403, {"detail": "Not yours."}) if request.url.path.endswith("/work_pools/main") else None
    )
    start_worker()
    await server.until_ended(run_id)
    assert server.last(run_id).type is StateType.CRASHED
    assert server.last(run_id).message == "The work pool of this run could not be read: Not yours."


async def test_a_deployment_that_is_gone(server, start_worker):
    run_id = server.add_run("true")
    server.deployments.clear()
    start_worker()
    await server.until_ended(run_id)
    assert server.last(run_id).type is StateType.FAILED
    assert server.last(run_id).message == "The deployment of this run has been deleted."


async def test_a_machine_that_cannot_start_processes(server, start_worker, monkeypatch):
    run_id = server.add_run("true")
    monkeypatch.setenv("PATH", "/nowhere")
    start_worker()
    await server.until_ended(run_id)
    assert server.last(run_id).type is StateType.CRASHED
    assert "The process could not be started: sh: no such file or directory." in server.last(run_id).message


async def test_a_run_without_a_deployment(server, start_worker):
    run_id = server.add_run("true")
    run = server.runs[run_id]
    run.deployment_id, run.job_variables = None, {"command": "echo mine"}
    start_worker()
    await server.until_ended(run_id)
    assert server.lines(run_id) == ["mine"]


async def test_a_pool_without_a_template_takes_job_variables_as_they_are(server, start_worker):
    server.pool.base_job_template = {}
    run_id = server.add_run("echo bare")
    start_worker()
    await server.until_ended(run_id)
    assert server.lines(run_id) == ["bare"]


async def test_variables_of_pool_deployment_and_run_lie_over_each_other(server, start_worker):
    template = server.pool.base_job_template
    template["job_configuration"]["command"] = "echo {{ greeting }} {{ name }}"
    template["variables"]["properties"]["greeting"] = {"type": "string", "default": "hello"}
    first = server.add_run(job_variables={"name": "d"})
    second = server.add_run(job_variables={"name": "d"})
    server.runs[second].job_variables = {"name": "r", "greeting": "bye"}
    start_worker()
    await server.until_ended(first, second)
    assert server.lines(first) == ["hello d"]
    assert server.lines(second) == ["bye r"]


async def test_the_folder_of_a_job(server, start_worker, tmp_path, monkeypatch):
    for name in ("variable", "path", "here"):
        (tmp_path / name).mkdir()
    monkeypatch.chdir(tmp_path / "here")
    path = str(tmp_path / "path")
    runs = [
        server.add_run("pwd", path=path, job_variables={"working_dir": str(tmp_path / "variable")}),
        server.add_run("pwd", path=path),
        server.add_run("pwd"),
    ]
    start_worker()
    await server.until_ended(*runs)
    assert [server.lines(run_id) for run_id in runs] == [
        [str(tmp_path / name)] for name in ("variable", "path", "here")
    ]


async def test_one_broken_run_does_not_stop_the_others(server, start_worker, said):
    broken, fine = server.add_run("true"), server.add_run("echo fine")
    server.refuse = lambda request: (
        (418, {"detail": "no"}) if f"{broken}/set_state" in request.url.path else None
    )
    running = start_worker()
    await server.until_ended(fine)
    assert await running.stop() == 0
    assert any("could not be reported: no" in line["event"] for line in said)
