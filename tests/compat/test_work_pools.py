"""Work pools and work queues by the command line."""

import pytest

from tests.compat.client import Prefect

pytestmark = pytest.mark.compat


@pytest.mark.feature("Work pools", "work-pool create, ls, inspect")
@pytest.mark.short
def test_create_and_show(prefect: Prefect) -> None:
    prefect.make_pool("cli-pool")
    assert "cli-pool" in prefect.cli("work-pool", "ls")
    assert prefect.json("work-pool", "inspect", "cli-pool")["type"] == "process"
    prefect.cli("work-pool", "create", "cli-pool", "--type", "process", code=1)


@pytest.mark.feature("Work pools", "work-pool pause, resume")
def test_pause_and_resume(prefect: Prefect) -> None:
    prefect.make_pool("pausing")
    prefect.cli("work-pool", "pause", "pausing")
    assert prefect.json("work-pool", "inspect", "pausing")["is_paused"] is True
    prefect.cli("work-pool", "resume", "pausing")
    assert prefect.json("work-pool", "inspect", "pausing")["is_paused"] is False


@pytest.mark.feature("Work pools", "work-pool set-concurrency-limit, clear-concurrency-limit, update")
def test_limits_and_update(prefect: Prefect) -> None:
    prefect.make_pool("limited-pool")
    prefect.cli("work-pool", "set-concurrency-limit", "limited-pool", "7")
    assert prefect.json("work-pool", "inspect", "limited-pool")["concurrency_limit"] == 7
    prefect.cli("work-pool", "clear-concurrency-limit", "limited-pool")
    prefect.cli("work-pool", "update", "limited-pool", "--description", "changed", "--concurrency-limit", "3")
    shown = prefect.json("work-pool", "inspect", "limited-pool")
    assert (shown["description"], shown["concurrency_limit"]) == ("changed", 3)


@pytest.mark.feature("Work pools", "work-pool preview, delete")
def test_preview_and_delete(prefect: Prefect) -> None:
    prefect.make_pool("going")
    prefect.cli("work-pool", "preview", "going")
    prefect.cli("--no-prompt", "work-pool", "delete", "going")
    prefect.cli("work-pool", "inspect", "going", code=1)


@pytest.mark.feature("Work queues", "work-queue create with limit and priority, ls, inspect, preview")
@pytest.mark.short
def test_queues(prefect: Prefect) -> None:
    prefect.make_pool("queues")
    prefect.cli("work-queue", "create", "urgent", "--pool", "queues", "--limit", "2", "--priority", "1")
    listed = prefect.cli("work-queue", "ls", "--pool", "queues")
    assert "urgent" in listed
    assert "default" in listed
    assert '"priority": 1' in prefect.cli(
        "work-queue", "inspect", "urgent", "--pool", "queues", "--output", "json"
    )
    prefect.cli("work-queue", "preview", "urgent", "--pool", "queues")


@pytest.mark.feature("Work queues", "work-queue pause, resume, set- and clear-concurrency-limit, delete")
def test_changing_queues(prefect: Prefect) -> None:
    prefect.make_pool("changing")
    pool = ("--pool", "changing")
    prefect.cli("work-queue", "create", "q", *pool)
    prefect.cli("work-queue", "pause", "q", *pool)
    assert prefect.api.get("work_pools/changing/queues/q").json()["is_paused"] is True
    prefect.cli("work-queue", "resume", "q", *pool)
    prefect.cli("work-queue", "set-concurrency-limit", "q", "4", *pool)
    assert prefect.api.get("work_pools/changing/queues/q").json()["concurrency_limit"] == 4
    prefect.cli("work-queue", "clear-concurrency-limit", "q", *pool)
    prefect.cli("--no-prompt", "work-queue", "delete", "q", *pool)
    assert prefect.api.get("work_pools/changing/queues/q").status_code == 404
