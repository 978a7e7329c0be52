"""What a worker reports in the same moments goes together, and each is answered as if it were alone."""

import asyncio
from uuid import UUID, uuid4

import httpx
import pytest

from penstock.client import ApiError, Conflict, NotFound, PenstockClient, RetryPolicy, ServerUnavailable
from penstock.core.states import StateType
from penstock.schemas.actions import StateCreate, StateReport
from penstock.schemas.responses import OrchestrationResult, SetStateStatus
from penstock.schemas.states import StateDetails
from penstock.worker import report_batches
from penstock.worker.report_batches import ReportBatches
from tests.worker.fake_server import FakeServer

Sent = asyncio.Task[OrchestrationResult]


class Gate:
    """Holds requests of reports back until it is opened, and counts them."""

    def __init__(self, server: FakeServer) -> None:
        self.server = server
        self.paths: list[str] = []
        self.opened = asyncio.Event()
        self.given_up = 0

    async def handle(self, request: httpx.Request) -> httpx.Response:
        self.paths.append(request.url.path.rpartition("/")[2])
        try:
            await self.opened.wait()
        except asyncio.CancelledError:
            self.given_up += 1
            raise
        return await self.server.handle(request)


@pytest.fixture
def gate(server: FakeServer) -> Gate:
    return Gate(server)


@pytest.fixture
async def batches(gate: Gate):
    async with PenstockClient("http://fake/api", transport=httpx.MockTransport(gate.handle)) as client:
        yield ReportBatches(client)


def running(run_id: UUID, attempt: int = 1) -> StateReport:
    details = StateDetails(transition_id=uuid4())
    state = StateCreate(type=StateType.RUNNING, state_details=details)
    return StateReport(flow_run_id=run_id, attempt=attempt, state=state)


def held(server: FakeServer, count: int) -> list[UUID]:
    runs = [server.add_run() for _ in range(count)]
    for run_id in runs:
        server.give_to("w1", run_id)
    return runs


async def start(batches: ReportBatches, *reports: StateReport) -> list[Sent]:
    """Send reports, and return once what can be on its way is."""
    sent = [asyncio.create_task(batches.send(report)) for report in reports]
    for _ in range(20):
        await asyncio.sleep(0)
    return sent


async def test_reports_wait_for_the_request_before_them_and_go_together(server, gate, batches):
    runs = held(server, 6)
    [first] = await start(batches, running(runs[0]))
    others = await start(batches, *map(running, runs[1:]))
    assert gate.paths == ["set_state"]
    gate.opened.set()
    results = await asyncio.gather(first, *others)
    assert {one.status for one in results} == {SetStateStatus.ACCEPT}
    assert gate.paths == ["set_state", "report"]
    assert server.batches == [[str(run_id) for run_id in runs[1:]]]
    assert all(server.states(run_id)[-1] == "RUNNING" for run_id in runs)


async def test_reports_of_one_moment_go_together_at_once(server, gate, batches):
    runs = held(server, 4)
    gate.opened.set()
    await asyncio.gather(*await start(batches, *map(running, runs)))
    assert gate.paths == ["report"]


async def test_no_request_has_more_than_a_server_takes(server, gate, batches, monkeypatch):
    monkeypatch.setattr(report_batches, "MOST_PER_REQUEST", 3)
    gate.opened.set()
    await asyncio.gather(*await start(batches, *map(running, held(server, 7))))
    assert gate.paths == ["report", "report", "set_state"]


async def test_each_report_has_its_own_end(server, gate, batches):
    good, lost = held(server, 2)
    gate.opened.set()
    sent = await start(batches, running(good), running(lost, attempt=2), running(uuid4()))
    ok, conflict, missing = await asyncio.gather(*sent, return_exceptions=True)
    assert ok.status is SetStateStatus.ACCEPT
    assert isinstance(conflict, Conflict)
    assert isinstance(missing, NotFound)
    assert gate.paths == ["report"]


@pytest.mark.parametrize("status", [404, 405, 422, 500])
async def test_where_all_are_refused_each_is_sent_alone(server, gate, batches, status):
    server.refuse = lambda request: (status, None) if request.url.path.endswith("/report") else None
    gate.opened.set()
    results = await asyncio.gather(*await start(batches, *map(running, held(server, 3))))
    assert {one.status for one in results} == {SetStateStatus.ACCEPT}
    assert gate.paths == ["report", *["set_state"] * 3]


async def test_a_server_that_is_away_is_so_for_each(server, gate):
    server.is_away = True
    gate.opened.set()
    transport, once = httpx.MockTransport(gate.handle), RetryPolicy(attempts=1)
    async with PenstockClient("http://fake/api", transport=transport, retries=once) as client:
        sent = await start(ReportBatches(client), *map(running, held(server, 3)))
        errors = await asyncio.gather(*sent, return_exceptions=True)
    assert all(isinstance(error, ServerUnavailable) for error in errors)
    assert len({id(error) for error in errors}) == 3


async def test_what_nobody_waits_for_is_not_sent(server, gate, batches):
    runs = held(server, 3)
    [first] = await start(batches, running(runs[0]))
    dropped, kept = await start(batches, *map(running, runs[1:]))
    dropped.cancel()
    gate.opened.set()
    await asyncio.gather(first, kept)
    assert gate.paths == ["set_state", "set_state"]
    assert server.states(runs[1])[-1] == "PENDING"


async def test_a_request_is_given_up_once_nobody_waits_for_it(server, gate, batches):
    runs = held(server, 3)
    sent = await start(batches, *map(running, runs))
    for one in sent:
        one.cancel()
    await start(batches)
    assert gate.given_up == 1
    gate.opened.set()
    [again] = await start(batches, running(runs[0]))
    assert (await again).status is SetStateStatus.ACCEPT


async def test_a_request_that_hangs_holds_up_the_others_for_a_moment_only(server, gate, batches, monkeypatch):
    monkeypatch.setattr(report_batches, "PATIENCE_SECONDS", 0.05)
    runs = held(server, 2)
    [hanging] = await start(batches, running(runs[0]))
    held_up = gate.opened
    gate.opened = asyncio.Event()
    gate.opened.set()
    [second] = await start(batches, running(runs[1]))
    assert (await second).status is SetStateStatus.ACCEPT
    assert not hanging.done()
    held_up.set()
    assert (await hanging).status is SetStateStatus.ACCEPT


async def test_an_error_of_the_client_itself_reaches_everybody(server, gate, batches, monkeypatch):
    async def fail(_: object) -> None:
        raise ApiError(200, "The answer is not what a server sends.")

    async def break_down(*_: object, **__: object) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr(batches._client, "report_flow_run_states", fail)
    monkeypatch.setattr(batches._client, "set_flow_run_state", break_down)
    errors = await asyncio.gather(
        *await start(batches, *map(running, held(server, 2))), return_exceptions=True
    )
    assert all(isinstance(error, RuntimeError) for error in errors)


async def test_a_worker_reports_its_runs_together_and_a_lost_answer_costs_nothing(server, start_worker):
    """Both states of each run are written once, though the first answer to many is lost."""
    runs = [server.add_run("true") for _ in range(8)]
    server.lost_answers.append("/report")
    start_worker(limit=8)
    await server.until_ended(*runs)
    for run_id in runs:
        assert server.states(run_id) == ["SCHEDULED", "PENDING", "RUNNING", "COMPLETED"]
    assert server.batches
    assert server.calls["_set_state"] + len(server.batches) < 2 * len(runs) + 1
