"""The routes of concurrency limits, against the exchanges recorded from real clients."""

import pytest

HEADERS = {"user-agent": "prefect/3.8.8 (API 0.8.4)", "x-prefect-api-version": "0.8.4"}
V2 = "v2/concurrency_limits"
CREATED_KEYS = [
    "id", "created", "updated", "active", "name", "limit", "active_slots", "denied_slots",
    "slot_decay_per_second", "avg_slot_occupancy_seconds",
]  # fmt: skip
READ_KEYS = ["id", "created", "updated", "active", "name", "limit", "active_slots", "slot_decay_per_second"]


async def create(client, name="wirelimit", limit=2, **fields):
    answer = await client.post(f"{V2}/", json={"name": name, "limit": limit, **fields})
    assert answer.status_code == 201, answer.text
    return answer.json()


async def read(client, name="wirelimit"):
    answer = await client.get(f"{V2}/{name}")
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_create_as_the_command_line_does(client):
    body = {"name": "wirelimit", "limit": 2, "active": True, "active_slots": 0, "slot_decay_per_second": 0.0}
    answer = await client.post(f"{V2}/", json=body, headers=HEADERS)
    assert answer.status_code == 201
    made = answer.json()
    assert list(made) == CREATED_KEYS
    assert made | body == made
    assert (made["denied_slots"], made["avg_slot_occupancy_seconds"]) == (0, 2.0)


async def test_a_name_that_is_taken_is_a_conflict(client):
    await create(client)
    answer = await client.post(f"{V2}/", json={"name": "wirelimit", "limit": 3})
    assert answer.status_code == 409
    assert "wirelimit" in answer.json()["detail"]


async def test_read_by_name_and_by_id(client):
    made = await create(client)
    by_name, by_id = await read(client), await read(client, made["id"])
    assert by_name == by_id
    assert list(by_name) == READ_KEYS


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
@pytest.mark.parametrize("key", ["nothing", "0d3ab133-b574-4d71-978e-508e8179558d"])
async def test_an_unknown_limit_is_not_found(client, method, key):
    answer = await client.request(method, f"{V2}/{key}", json={"limit": 3} if method == "PATCH" else None)
    assert answer.status_code == 404
    assert answer.json() == {"detail": "Concurrency Limit not found"}


async def test_update_and_delete(client):
    await create(client)
    assert (await client.patch(f"{V2}/wirelimit", json={"limit": 3})).status_code == 204
    assert (await read(client))["limit"] == 3
    assert (await client.delete(f"{V2}/wirelimit")).status_code == 204
    assert (await client.get(f"{V2}/wirelimit")).status_code == 404


async def test_rename_onto_a_name_that_is_taken(client):
    await create(client, "a")
    await create(client, "b")
    assert (await client.patch(f"{V2}/a", json={"name": "b"})).status_code == 409
    assert (await client.patch(f"{V2}/a", json={"name": "c"})).status_code == 204
    assert (await read(client, "c"))["name"] == "c"


async def test_listing_goes_by_name(client):
    for name in ("b", "c", "a"):
        await create(client, name)
    answer = await client.post(f"{V2}/filter", json={"limit": 100, "offset": 0})
    assert [one["name"] for one in answer.json()] == ["a", "b", "c"]
    assert list(answer.json()[0]) == READ_KEYS
    answer = await client.post(f"{V2}/filter", json={"limit": 1, "offset": 1})
    assert [one["name"] for one in answer.json()] == ["b"]


@pytest.mark.parametrize(
    "body",
    [
        {"name": "x"},
        {"limit": 1},
        {"name": "x", "limit": -1},
        {"name": "", "limit": 1},
        {"name": "a/b", "limit": 1},
        {"name": "x", "limit": 2**31},
        {"name": "x", "limit": 1, "slot_decay_per_second": -1},
        {"name": "x", "limit": 1, "active_slots": -1},
        {"name": "x", "limit": 1, "colour": "red"},
        {"name": "x\u0000", "limit": 1},
    ],
)
async def test_what_is_no_limit_is_refused(client, body):
    assert (await client.post(f"{V2}/", json=body)).status_code == 422


async def test_rate_limit_as_a_client_does(client):
    made = await create(client, "wirerate", 5, slot_decay_per_second=0.001)
    body = {"names": ["wirerate"], "slots": 1, "mode": "rate_limit"}
    answer = await client.post(f"{V2}/increment", json=body, headers=HEADERS)
    assert answer.status_code == 200
    assert answer.json() == [{"id": made["id"], "name": "wirerate", "limit": 5}]
    assert (await read(client, "wirerate"))["active_slots"] == 1


async def test_lease_as_a_client_does(client):
    made = await create(client)
    body = {"names": ["wirelimit"], "slots": 1, "mode": "concurrency", "lease_duration": 300}
    answer = await client.post(f"{V2}/increment-with-lease", json=body, headers=HEADERS)
    assert answer.status_code == 200
    assert list(answer.json()) == ["lease_id", "limits"]
    assert answer.json()["limits"] == [{"id": made["id"], "name": "wirelimit", "limit": 2}]
    lease_id = answer.json()["lease_id"]
    assert (await read(client))["active_slots"] == 1
    renewed = await client.post(f"{V2}/leases/{lease_id}/renew", json={"lease_duration": 300})
    assert (renewed.status_code, renewed.content) == (204, b"")
    for _ in range(2):
        ended = await client.post(f"{V2}/decrement-with-lease", json={"lease_id": lease_id})
        assert (ended.status_code, ended.content) == (204, b"")
        assert (await read(client))["active_slots"] == 0
    assert (await client.post(f"{V2}/leases/{lease_id}/renew", json={})).status_code == 410


async def test_a_lease_is_given_even_where_there_is_no_limit(client):
    body = {"names": ["unknown"], "slots": 1}
    assert (await client.post(f"{V2}/increment", json=body)).json() == []
    answer = (await client.post(f"{V2}/increment-with-lease", json=body)).json()
    assert answer["limits"] == []
    assert (await client.post(f"{V2}/leases/{answer['lease_id']}/renew", json={})).status_code == 204


async def test_inactive_limits_are_ignored(client):
    await create(client, limit=1, active=False)
    body = {"names": ["wirelimit"], "slots": 5, "create_if_missing": True}
    assert (await client.post(f"{V2}/increment", json=body)).json() == []


async def test_full_is_423_with_the_seconds_to_wait(client):
    await create(client, limit=1)
    body = {"names": ["wirelimit"], "slots": 1}
    assert (await client.post(f"{V2}/increment", json=body)).status_code == 200
    for route in ("increment", "increment-with-lease"):
        answer = await client.post(f"{V2}/{route}", json=body)
        assert answer.status_code == 423
        assert 0 < float(answer.headers["Retry-After"]) <= 45
        assert "wirelimit" in answer.json()["detail"]
    assert (await read(client))["active_slots"] == 1


async def test_all_or_none(client):
    await create(client, "wide", 5)
    await create(client, "narrow", 1, active_slots=1)
    answer = await client.post(f"{V2}/increment", json={"names": ["wide", "narrow"], "slots": 1})
    assert answer.status_code == 423
    assert "narrow" in answer.json()["detail"]
    assert (await read(client, "wide"))["active_slots"] == 0


async def test_denied_slots_make_the_wait_longer(client):
    await create(client, limit=1, active_slots=1, slot_decay_per_second=0.0001)
    body = {"names": ["wirelimit"], "slots": 1, "mode": "rate_limit"}
    waits = []
    for _ in range(4):
        answer = await client.post(f"{V2}/increment", json=body)
        waits.append(float(answer.headers["Retry-After"]))
    # means 20000, 30000, 40000, 50000 seconds, or one step less for what has sunk; each within half of it
    assert waits[0] <= 30_000
    assert waits[3] >= 20_000


async def test_more_slots_than_the_limit_has_can_never_be_had(client):
    await create(client, limit=2)
    answer = await client.post(f"{V2}/increment", json={"names": ["wirelimit"], "slots": 3})
    assert answer.status_code == 422
    assert "wirelimit" in answer.json()["detail"]


async def test_a_rate_limit_needs_decay(client):
    await create(client)
    body = {"names": ["wirelimit"], "slots": 1, "mode": "rate_limit"}
    assert (await client.post(f"{V2}/increment", json=body)).status_code == 422


async def test_give_back(client):
    await create(client, limit=3, active_slots=2)
    body = {"names": ["wirelimit", "unknown"], "slots": 1, "occupancy_seconds": 12.0}
    answer = await client.post(f"{V2}/decrement", json=body)
    assert [one["name"] for one in answer.json()] == ["wirelimit"]
    assert (await read(client))["active_slots"] == 1
    for _ in range(3):
        await client.post(f"{V2}/decrement", json=body)
    assert (await read(client))["active_slots"] == 0


@pytest.mark.parametrize(
    ("route", "body"),
    [
        ("increment", {"names": ["x"], "slots": 0}),
        ("increment", {"names": ["x"], "slots": -1}),
        ("increment", {"names": "x", "slots": 1}),
        ("increment", {"slots": 1}),
        ("increment", {"names": ["x"], "slots": 1, "mode": "other"}),
        ("increment-with-lease", {"names": ["x"], "slots": 1, "lease_duration": 59}),
        ("increment-with-lease", {"names": ["x"], "slots": 1, "lease_duration": 86401}),
        ("increment-with-lease", {"names": ["x"], "slots": 1, "holder": {"type": "pool", "id": "x"}}),
        ("decrement", {"names": ["x"], "slots": 0}),
        ("decrement-with-lease", {}),
        ("decrement-with-lease", {"lease_id": "x"}),
        ("leases/x/renew", {}),
        ("leases/0d3ab133-b574-4d71-978e-508e8179558d/renew", {"lease_duration": 1}),
    ],
)
async def test_bad_requests(client, route, body):
    assert (await client.post(f"{V2}/{route}", json=body)).status_code == 422


async def test_an_unknown_lease(client):
    lease_id = "0d3ab133-b574-4d71-978e-508e8179558d"
    assert (await client.post(f"{V2}/leases/{lease_id}/renew", json={})).status_code == 410
    assert (await client.post(f"{V2}/decrement-with-lease", json={"lease_id": lease_id})).status_code == 204


async def test_active_slots_can_be_set_while_leases_live(client):
    await create(client, limit=3)
    body = {"names": ["wirelimit"], "slots": 1}
    leases = [
        (await client.post(f"{V2}/increment-with-lease", json=body)).json()["lease_id"] for _ in range(3)
    ]
    await client.patch(f"{V2}/wirelimit", json={"active_slots": 1})
    assert (await read(client))["active_slots"] == 1
    for lease_id in leases:
        renewed = await client.post(f"{V2}/leases/{lease_id}/renew", json={})
        assert renewed.status_code == 204
        await client.post(f"{V2}/decrement-with-lease", json={"lease_id": lease_id})
    assert (await read(client))["active_slots"] == 0
    answers = [await client.post(f"{V2}/increment", json=body) for _ in range(4)]
    assert [one.status_code for one in answers] == [200, 200, 200, 423]


async def test_a_decay_may_begin_and_end_while_leases_live(client):
    await create(client, limit=3)
    body = {"names": ["wirelimit"], "slots": 2}
    lease_id = (await client.post(f"{V2}/increment-with-lease", json=body)).json()["lease_id"]
    await client.patch(f"{V2}/wirelimit", json={"slot_decay_per_second": 0.00001})
    assert (await read(client))["active_slots"] == 2
    await client.patch(f"{V2}/wirelimit", json={"slot_decay_per_second": 0})
    assert (await read(client))["active_slots"] == 2
    await client.post(f"{V2}/decrement-with-lease", json={"lease_id": lease_id})
    assert (await read(client))["active_slots"] == 0


# ── tags ──────────────────────────────────────────────────────────────────────────────────────────

V1 = "concurrency_limits"
TASK_RUNS = [f"0d3ab133-b574-4d71-978e-50000000000{n}" for n in range(4)]


async def put_tag(client, tag="tagx", limit=2):
    answer = await client.post(f"{V1}/", json={"tag": tag, "concurrency_limit": limit})
    return answer.status_code, answer.json()


async def test_the_limit_of_a_tag(client):
    status, made = await put_tag(client)
    assert status == 201
    assert list(made) == ["id", "created", "updated", "tag", "concurrency_limit", "active_slots"]
    assert (made["tag"], made["concurrency_limit"], made["active_slots"]) == ("tagx", 2, [])
    status, changed = await put_tag(client, limit=3)
    assert (status, changed["id"], changed["concurrency_limit"]) == (200, made["id"], 3)
    by_tag, by_id = await client.get(f"{V1}/tag/tagx"), await client.get(f"{V1}/{made['id']}")
    assert by_tag.json() == by_id.json() == changed
    listed = await client.post(f"{V1}/filter", json={"limit": 15, "offset": 0})
    assert listed.json() == [changed]
    assert (await read(client, "tag:tagx"))["limit"] == 3
    deleted = await client.delete(f"{V1}/tag/tagx")
    assert (deleted.status_code, deleted.json()) == (200, None)
    for path in ("tag/tagx", made["id"]):
        assert (await client.get(f"{V1}/{path}")).status_code == 404
        assert (await client.delete(f"{V1}/{path}")).status_code == 404


async def test_other_limits_are_no_tags(client):
    made = await create(client)
    assert (await client.get(f"{V1}/{made['id']}")).status_code == 404
    assert (await client.post(f"{V1}/filter", json={})).json() == []


async def test_task_runs_take_slots_of_tags(client):
    await put_tag(client, "a", 2)
    await put_tag(client, "b/c", 1)
    body = {"names": ["a", "b/c", "none"], "task_run_id": TASK_RUNS[0]}
    for _ in range(2):
        answer = await client.post(f"{V1}/increment", json=body)
        assert sorted(one["name"] for one in answer.json()) == ["a", "b/c"]
    refused = await client.post(f"{V1}/increment", json=body | {"task_run_id": TASK_RUNS[1]})
    assert (refused.status_code, float(refused.headers["Retry-After"])) == (423, 10.0)
    assert (await client.get(f"{V1}/tag/a")).json()["active_slots"] == TASK_RUNS[:1]
    await client.post(f"{V1}/decrement", json=body | {"names": ["b/c"]})
    assert (await client.get(f"{V1}/tag/a")).json()["active_slots"] == TASK_RUNS[:1]
    assert (await client.get(f"{V1}/tag/b/c")).json()["active_slots"] == []
    answer = await client.post(f"{V1}/increment", json=body | {"task_run_id": TASK_RUNS[1]})
    assert answer.status_code == 200
    assert (await client.get(f"{V1}/tag/a")).json()["active_slots"] == TASK_RUNS[:2]


async def test_reset_says_who_holds_slots(client):
    await put_tag(client, "a", 2)
    body = {"names": ["a"], "task_run_id": TASK_RUNS[0]}
    await client.post(f"{V1}/increment", json=body)
    answer = await client.post(f"{V1}/tag/a/reset", json={"slot_override": TASK_RUNS[1:]})
    assert answer.status_code == 200
    assert (await client.get(f"{V1}/tag/a")).json()["active_slots"] == TASK_RUNS[1:]
    assert (await read(client, "tag:a"))["active_slots"] == 3
    await client.post(f"{V1}/tag/a/reset", json={"slot_override": None})
    assert (await client.get(f"{V1}/tag/a")).json()["active_slots"] == []
    assert (await client.post(f"{V1}/tag/z/reset", json={})).status_code == 404


async def test_leases_of_task_runs_are_shown(client):
    await put_tag(client, "a", 2)
    holder = {"type": "task_run", "id": TASK_RUNS[0]}
    body = {"names": ["tag:a"], "slots": 1, "lease_duration": 60, "holder": holder}
    assert (await client.post(f"{V2}/increment-with-lease", json=body)).status_code == 200
    assert (await client.get(f"{V1}/tag/a")).json()["active_slots"] == TASK_RUNS[:1]
