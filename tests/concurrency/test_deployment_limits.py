"""How a deployment gets its limit, changes it and loses it (orchestration.md 2.3 step 9)."""

import pytest
import sqlalchemy as sa

from penstock.core.errors import ObjectNotFoundError
from penstock.core.ids import uuid7
from penstock.schemas.actions import ConcurrencyLimitV2Create
from penstock.schemas.states import Completed, Pending, Running
from penstock.server import models
from penstock.server.database.orm_models import ConcurrencyLimit
from tests.concurrency.scenes import in_use, lease_of, limited, run_of
from tests.support.factories import make_deployment, make_flow, propose

UNKNOWN = "0d3ab133-b574-4d71-978e-508e8179558d"
"""The id of nothing."""


async def shared_limit(session, limit: int = 2, name: str = "shared", **fields):
    return await models.concurrency_limits.create_concurrency_limit(
        session=session, concurrency_limit=ConcurrencyLimitV2Create(name=name, limit=limit, **fields)
    )


async def change(session, deployment, **values):
    await models.deployments.update_deployment(session=session, deployment_id=deployment.id, values=values)
    await session.refresh(deployment)


async def limits(session):
    rows = await session.execute(sa.select(ConcurrencyLimit.name, ConcurrencyLimit.limit))
    return dict(rows.all())


async def test_a_number_makes_a_limit_of_its_own(session):
    deployment = await limited(session, 2)
    assert await limits(session) == {f"deployment:{deployment.id}": 2}
    await change(session, deployment, concurrency_limit=5)
    assert await limits(session) == {f"deployment:{deployment.id}": 5}
    await change(session, deployment, concurrency_limit=None)
    assert deployment.concurrency_limit_id is None
    assert await limits(session) == {}


async def test_creating_it_again_changes_the_limit(session):
    flow = await make_flow(session)
    one = await make_deployment(session, name="d", flow=flow, concurrency_limit=2)
    await make_deployment(session, name="d", flow=flow)
    assert await limits(session) == {f"deployment:{one.id}": 2}
    await make_deployment(session, name="d", flow=flow, concurrency_limit=3)
    assert await limits(session) == {f"deployment:{one.id}": 3}
    await make_deployment(session, name="d", flow=flow, concurrency_limit=None)
    assert await limits(session) == {}


async def test_a_shared_limit_stands_over_several_deployments(session):
    shared = await shared_limit(session, 1)
    one = await make_deployment(session, global_concurrency_limit_id=shared.id)
    two = await make_deployment(session, global_concurrency_limit_id=shared.id)
    first, second = await run_of(session, one), await run_of(session, two)
    assert (await propose(session, first, Pending())).status == "ACCEPT"
    result = await propose(session, second, Pending())
    assert result.state.name == "AwaitingConcurrencySlot"
    assert "'shared'" in result.details.reason


async def test_an_unknown_shared_limit(session):
    with pytest.raises(ObjectNotFoundError):
        await make_deployment(session, global_concurrency_limit_id=uuid7())


async def test_null_takes_only_that_kind_of_limit_away(session):
    shared = await shared_limit(session)
    deployment = await make_deployment(session, global_concurrency_limit_id=shared.id)
    await change(session, deployment, concurrency_limit=None)
    assert deployment.concurrency_limit_id == shared.id
    await change(session, deployment, global_concurrency_limit_id=None)
    assert deployment.concurrency_limit_id is None
    assert await limits(session) == {"shared": 2}
    await change(session, deployment, concurrency_limit=3)
    await change(session, deployment, global_concurrency_limit_id=None)
    assert deployment.concurrency_limit_id is not None


async def test_a_shared_limit_replaces_the_own_one(session):
    deployment = await limited(session)
    shared = await shared_limit(session)
    await change(session, deployment, global_concurrency_limit_id=shared.id)
    assert deployment.concurrency_limit_id == shared.id
    assert await limits(session) == {"shared": 2}


async def test_runs_under_way_count_in_a_new_limit(session):
    deployment = await make_deployment(session)
    running = [await run_of(session, deployment) for _ in range(3)]
    for run in running:
        await propose(session, run, Pending())
        await propose(session, run, Running())
    await change(session, deployment, concurrency_limit=2)
    assert await in_use(session, deployment) == 3
    waiting = await run_of(session, deployment)
    assert (await propose(session, waiting, Pending())).status == "REJECT"
    for run in running[:2]:
        await propose(session, run, Completed())
    assert await in_use(session, deployment) == 1
    assert (await propose(session, waiting, Pending())).status == "ACCEPT"


async def test_runs_under_way_take_their_leases_along(session):
    deployment = await limited(session, 2)
    run = await run_of(session, deployment)
    await propose(session, run, Pending())
    lease_id = (await lease_of(session, run)).id
    shared = await shared_limit(session)
    for values, used in (
        ({"global_concurrency_limit_id": shared.id}, 1),
        ({"global_concurrency_limit_id": None}, None),
        ({"concurrency_limit": 2}, 1),
    ):
        await change(session, deployment, **values)
        assert (await lease_of(session, run)).id == lease_id
        if used is not None:
            assert await in_use(session, deployment) == used
    await propose(session, run, Completed())
    assert await in_use(session, deployment) == 0


async def test_deleting_a_deployment_deletes_its_own_limit_only(session):
    shared = await shared_limit(session)
    own, sharing = (
        await limited(session),
        await make_deployment(session, global_concurrency_limit_id=shared.id),
    )
    for deployment in (own, sharing):
        assert await models.deployments.delete_deployment(session=session, deployment_id=deployment.id)
    assert await limits(session) == {"shared": 2}


async def test_deleting_a_limit_leaves_its_deployments_unlimited(session):
    deployment = await limited(session)
    runs = [await run_of(session, deployment) for _ in range(2)]
    await propose(session, runs[0], Pending())
    lease_id = (await lease_of(session, runs[0])).id
    await models.concurrency_limits.delete_concurrency_limit(
        session=session, concurrency_limit_id=deployment.concurrency_limit_id
    )
    await session.refresh(deployment)
    assert deployment.concurrency_limit_id is None
    assert (await propose(session, runs[1], Pending())).status == "ACCEPT"
    assert await models.concurrency_limits.renew_lease(session=session, lease_id=lease_id, seconds=60)
    await propose(session, runs[0], Completed())
    assert await lease_of(session, runs[0]) is None


async def test_slots_of_a_shared_limit_may_decay(session):
    shared = await shared_limit(session, 1, slot_decay_per_second=1e-6)
    deployment = await make_deployment(session, global_concurrency_limit_id=shared.id)
    first, second = await run_of(session, deployment), await run_of(session, deployment)
    await propose(session, first, Pending())
    assert await in_use(session, deployment) == 1
    assert (await propose(session, second, Pending())).status == "REJECT"
    await propose(session, first, Completed())
    assert await in_use(session, deployment) == 0
    assert (await propose(session, second, Pending())).status == "ACCEPT"


# ── on the wire ───────────────────────────────────────────────────────────────────────────────────


async def test_the_wire_names_the_limit(client):
    flow = (await client.post("flows/", json={"name": "flow"})).json()
    body = {"name": "d", "flow_id": flow["id"], "concurrency_limit": 2}
    options = {"collision_strategy": "CANCEL_NEW", "grace_period_seconds": 600}
    made = await client.post("deployments/", json=body | {"concurrency_options": options})
    assert made.status_code == 201, made.text
    read = (await client.get(f"deployments/{made.json()['id']}")).json()
    for shown in (made.json(), read):
        assert shown["concurrency_limit"] is None
        assert shown["concurrency_options"] == options
        limit = shown["global_concurrency_limit"]
        assert list(limit) == [
            "id", "created", "updated", "active", "name", "limit", "active_slots", "slot_decay_per_second",
        ]  # fmt: skip
        assert (limit["name"], limit["limit"]) == (f"deployment:{made.json()['id']}", 2)
    path = f"deployments/{made.json()['id']}"
    assert (await client.patch(path, json={"concurrency_limit": 7})).status_code == 204
    assert (await client.get(path)).json()["global_concurrency_limit"]["limit"] == 7
    assert (await client.patch(path, json={"concurrency_limit": None})).status_code == 204
    assert (await client.get(path)).json()["global_concurrency_limit"] is None


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"concurrency_limit": 0}, 422),
        ({"concurrency_limit": 1, "global_concurrency_limit_id": UNKNOWN}, 422),
        ({"global_concurrency_limit_id": UNKNOWN}, 404),
        ({"concurrency_options": {"collision_strategy": "WAIT"}}, 422),
        ({"concurrency_options": {"collision_strategy": "ENQUEUE", "grace_period_seconds": 59}}, 422),
    ],
)
async def test_what_is_no_limit_is_refused(client, fields, status):
    flow = (await client.post("flows/", json={"name": "flow"})).json()
    body = {"name": "d", "flow_id": flow["id"]} | fields
    assert (await client.post("deployments/", json=body)).status_code == status


async def test_a_limit_that_came_and_went_under_a_run_leaves_nothing(session):
    """A run that was under way before the limit has a lease that its state does not name."""
    deployment = await make_deployment(session)
    run = await run_of(session, deployment)
    await propose(session, run, Pending())
    await change(session, deployment, concurrency_limit=1)
    assert await lease_of(session, run) is not None
    await change(session, deployment, concurrency_limit=None)
    await propose(session, run, Running())
    await propose(session, run, Completed())
    assert await lease_of(session, run) is None
