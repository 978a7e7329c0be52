"""``penstock queue``."""

import pytest

from tests.cli.conftest import Cli


def _priorities(cli: Cli, pool: str) -> dict[str, int]:
    return {
        queue["name"]: queue["priority"] for queue in cli("queue", "ls", "--pool", pool, "--json").document
    }


def test_create_and_inspect(cli: Cli, pool: str) -> None:
    created = cli("queue", "create", "bulk", "--pool", pool, "--limit", 2, "--description", "at night")
    assert created.code == 0
    assert "priority 2" in created.out
    document = cli("queue", "inspect", "bulk", "--pool", pool, "--json").document
    assert document["concurrency_limit"] == 2
    assert document["description"] == "at night"
    assert document["waiting_runs"] == 0
    shown = cli("queue", "inspect", "bulk", "-p", pool).out
    assert "0 of 2" in shown
    assert "never" in shown


def test_a_taken_priority_pushes_the_others_down(cli: Cli, pool: str) -> None:
    cli("queue", "create", "critical", "--pool", pool, "--priority", 1)
    assert _priorities(cli, pool) == {"critical": 1, "default": 2}
    cli("queue", "set-priority", "default", 1, "--pool", pool)
    assert _priorities(cli, pool) == {"default": 1, "critical": 2}


def test_ls_is_a_table_in_order_of_priority(cli: Cli, pool: str) -> None:
    cli("queue", "create", "first", "--pool", pool, "--priority", 1)
    lines = cli("queue", "ls", "--pool", pool).out.splitlines()
    names = [line.split()[0] for line in lines if line.startswith(("first", "default"))]
    assert names == ["first", "default"]


def test_update_pause_resume_set_limit(cli: Cli, pool: str) -> None:
    cli("queue", "create", "bulk", "--pool", pool)
    updated = cli(
        "queue", "update", "bulk", "--pool", pool, "--limit", 3, "--description", "d", "--json"
    ).document
    assert (updated["concurrency_limit"], updated["description"]) == (3, "d")
    assert cli("queue", "pause", "bulk", "--pool", pool, "--json").document["is_paused"] is True
    assert cli("queue", "resume", "bulk", "--pool", pool, "--json").document["is_paused"] is False
    assert "no limit" in cli("queue", "set-limit", "bulk", "none", "--pool", pool).out
    renamed = cli("queue", "update", "bulk", "--pool", pool, "--rename", "slow", "--json").document
    assert renamed["name"] == "slow"
    assert cli("queue", "inspect", "bulk", "--pool", pool).code == 1


def test_create_paused(cli: Cli, pool: str) -> None:
    assert cli("queue", "create", "q", "--pool", pool, "--paused", "--json").document["is_paused"] is True


def test_create_twice_is_refused(cli: Cli, pool: str) -> None:
    result = cli("queue", "create", "default", "--pool", pool)
    assert result.code == 1
    assert f"penstock queue update default --pool {pool}" in result.error


def test_delete(cli: Cli, pool: str) -> None:
    cli("queue", "create", "q", "--pool", pool)
    assert cli("queue", "delete", "q", "--pool", pool).code == 2
    assert cli("queue", "delete", "q", "--pool", pool, "--yes", "--json").document["deleted"] == "q"
    assert cli("queue", "inspect", "q", "--pool", pool).code == 1


def test_the_default_queue_stays(cli: Cli, pool: str) -> None:
    result = cli("queue", "delete", "default", "--pool", pool, "--yes")
    assert result.code == 1
    assert "default" in result.error


@pytest.mark.parametrize("word", ["inspect", "pause", "resume", "delete"])
def test_a_missing_queue_and_a_missing_pool_are_told_apart(cli: Cli, pool: str, word: str) -> None:
    yes = ["--yes"] if word == "delete" else []
    no_queue = cli("queue", word, "absent", "--pool", pool, *yes)
    assert no_queue.code == 1
    assert f"penstock queue create absent --pool {pool}" in no_queue.error
    no_pool = cli("queue", word, "absent", "--pool", "nowhere", *yes)
    assert no_pool.code == 1
    assert "penstock pool create nowhere" in no_pool.error


def test_ls_and_create_in_a_missing_pool(cli: Cli) -> None:
    for arguments in (["ls"], ["create", "q"]):
        result = cli("queue", *arguments, "--pool", "nowhere")
        assert result.code == 1
        assert "penstock pool create nowhere" in result.error
