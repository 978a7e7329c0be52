"""A server that is away for a while, or forgets to answer."""

import pytest

from penstock.core.states import StateType

WAITS_FOR = "echo started; while [ ! -e {} ]; do sleep 0.02; done; echo finished; exit {}"


@pytest.mark.parametrize(("code", "state"), [(0, "COMPLETED"), (3, "FAILED")])
async def test_a_result_waits_until_the_server_is_back(server, start_worker, tmp_path, code, state):
    gate, done = tmp_path / "gate", tmp_path / "done"
    run_id = server.add_run(f"({WAITS_FOR.format(gate, code)}); code=$?; touch {done}; exit $code")
    start_worker()
    await server.until(lambda: server.lines(run_id) == ["started"])
    server.is_away = True
    gate.touch()
    await server.until(lambda: done.exists() and server.calls["while away"] >= 8)
    assert server.states(run_id)[-1] == "RUNNING"
    server.is_away = False
    await server.until_ended(run_id)
    assert server.states(run_id)[-1] == state
    assert server.lines(run_id) == ["started", "finished"]


async def test_a_job_does_not_notice_a_short_outage(server, start_worker):
    run_id = server.add_run("seq 1 3000; sleep 0.3; seq 3001 6000")
    start_worker()
    await server.until(lambda: server.states(run_id)[-1] == "RUNNING")
    server.is_away = True
    await server.until(lambda: server.calls["while away"] >= 10)
    server.is_away = False
    await server.until_ended(run_id)
    assert server.lines(run_id) == [str(number) for number in range(1, 6001)]


@pytest.mark.parametrize("part", ["set_state", "/deployments/", "/work_pools/main"])
async def test_an_answer_that_is_lost_does_no_harm(server, start_worker, part):
    run_id = server.add_run("echo once")
    server.lost_answers = [part] * 3
    start_worker()
    await server.until_ended(run_id)
    assert server.lines(run_id) == ["once"]
    assert server.states(run_id) == ["SCHEDULED", "PENDING", "RUNNING", "COMPLETED"]


async def test_a_worker_waits_for_its_server_and_says_so_once(server, start_worker, said):
    server.is_away = True
    start_worker()
    await server.until(lambda: server.calls["while away"] >= 8)
    complaints = [line for line in said if "does not answer" in line["event"]]
    assert [line["event"] for line in complaints] == [
        "The server at http://fake/api does not answer: connection refused; trying again"
    ]
    server.is_away = False
    run_id = server.add_run("true")
    await server.until_ended(run_id)
    assert any("the server answers again" in line["event"] for line in said)


async def test_internal_errors_of_the_server_are_borne_for_a_while(server, start_worker):
    run_id = server.add_run("echo fine")
    failures = iter([(500, {"exception_message": "Internal Server Error"})] * 3)
    server.refuse = lambda request: next(failures, None) if "set_state" in request.url.path else None
    start_worker()
    await server.until_ended(run_id)
    assert server.lines(run_id) == ["fine"]
    assert server.states(run_id) == ["SCHEDULED", "PENDING", "RUNNING", "COMPLETED"]


async def test_a_claim_whose_answer_was_lost_is_handed_back(server, start_worker):
    run_id = server.add_run("echo late")
    server.lost_answers = ["/main/claim"]
    start_worker()
    await server.until_ended(run_id)
    assert server.states(run_id) == [
        "SCHEDULED",
        "PENDING",
        "SCHEDULED",
        "PENDING",
        "RUNNING",
        "COMPLETED",
    ]


async def test_a_pool_that_is_deleted_meanwhile(server, start_worker, said):
    start_worker()
    await server.until(lambda: server.calls["_claim"] >= 1)
    gone = []

    def refuse(request):
        if request.url.path.endswith("/claim") and "/cleanup/" not in request.url.path:
            gone.append(request)
            return 404, {"detail": 'Work pool "main" not found.'}
        return None

    server.refuse = refuse
    await server.until(lambda: len(gone) >= 3)
    server.refuse = lambda _: None
    run_id = server.add_run("true")
    await server.until_ended(run_id)
    assert server.last(run_id).type is StateType.COMPLETED
    refusals = [line for line in said if "no runs can be claimed" in line["event"]]
    assert len(refusals) == 1
