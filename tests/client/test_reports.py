"""Reports of several runs in one call, and what is made of the answers."""

from uuid import UUID

import httpx
import pytest

from penstock.client import ApiError, Conflict, Invalid, NotFound
from penstock.core.states import StateType
from penstock.schemas.actions import StateCreate, StateReport
from penstock.schemas.responses import SetStateStatus
from tests.client.conftest import Script

ACCEPTED = {"state": {"type": "RUNNING"}, "status": "ACCEPT", "details": {"type": "accept_details"}}


def report(number: int, state: StateType = StateType.RUNNING) -> StateReport:
    return StateReport(flow_run_id=UUID(int=number), attempt=1, state=StateCreate(type=state))


async def test_reports_are_answered_one_by_one(client_of):
    def answer(request: httpx.Request) -> httpx.Response:
        sent = script.bodies[-1]["reports"]
        assert len({one["state"]["state_details"]["transition_id"] for one in sent}) == 5
        refused = {"status": "REJECT", "details": {"type": "reject_details", "reason": "Twice."}}
        told = [
            {"status_code": 201, "result": ACCEPTED},
            {"status_code": 200, "result": {"state": sent[1]["state"], **refused}},
            {"status_code": 404, "reason": "There is no such run."},
            {"status_code": 409, "reason": "Attempt 1 of the run is over."},
            {"status_code": 422, "reason": "A time is too far out."},
        ]
        results = [{"flow_run_id": one["flow_run_id"], **it} for one, it in zip(sent, told, strict=True)]
        return httpx.Response(200, json={"results": results})

    script = Script(httpx.ReadError("reset"), answer)
    verdicts = await client_of(script).report_flow_run_states([report(number) for number in range(5)])
    assert script.bodies[0] == script.bodies[1]
    assert [one.status for one in verdicts[:2]] == [SetStateStatus.ACCEPT] * 2
    assert [type(one) for one in verdicts[2:]] == [NotFound, Conflict, Invalid]
    assert verdicts[3].message == "Attempt 1 of the run is over."


async def test_reports_with_too_few_answers_are_not_taken_for_answered(client_of):
    script = Script(httpx.Response(200, json={"results": []}))
    with pytest.raises(ApiError, match="1 reports were given 0 answers"):
        await client_of(script).report_flow_run_states([report(1)])
