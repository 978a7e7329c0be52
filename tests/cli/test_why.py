"""``penstock run why`` and ``penstock doctor``."""

from uuid import uuid4

from tests.cli.conftest import Cli


def _run(cli: Cli, deployment: str) -> str:
    name = f"run-{uuid4().hex[:8]}"
    assert cli("run", "create", deployment, "--name", name).code == 0
    return name


def test_why_names_the_pauses_with_who_and_why(cli: Cli, pool: str, deployment: str) -> None:
    name = _run(cli, deployment)
    cli("pool", "pause", pool, "--reason", "new disks")
    cli("queue", "pause", "default", "--pool", pool, "--reason", "too loud")
    document = cli("run", "why", name, "--json").document
    assert document["is_dispatchable"] is False
    first, second, *_ = document["reasons"]
    assert (first["code"], first["comment"]) == ("work_pool_paused", "new disks")
    assert (second["code"], second["comment"]) == ("work_queue_paused", "too loud")
    assert "@" in first["by"]
    shown = cli("run", "why", document["flow_run_id"]).out
    assert shown.index("new disks") < shown.index("too loud")
    cli("pool", "resume", pool)
    cli("queue", "resume", "default", "--pool", pool)
    after = cli("run", "why", name, "--json").document
    assert [reason["code"] for reason in after["reasons"]] == ["no_worker_online"]
    assert after["is_dispatchable"] is True


def test_why_names_who_holds_the_slots(cli: Cli, pool: str, deployment: str) -> None:
    cli("pool", "set-limit", pool, "0")
    name = _run(cli, deployment)
    result = cli("run", "why", name)
    assert result.code == 0
    assert "is 0: none of its runs can start" in result.out


def test_why_of_a_run_that_is_not_there(cli: Cli) -> None:
    result = cli("run", "why", "absent")
    assert result.code == 1
    assert "penstock run ls" in result.error


def test_doctor_finds_a_sound_database_sound(cli: Cli, deployment: str) -> None:
    _run(cli, deployment)
    result = cli("doctor")
    assert result.code == 0
    assert "no violations" in result.out
    document = cli("doctor", "--json").document
    assert document["violation_count"] == 0
    assert {"work-pool-limits", "states-are-written-down"} <= {check["name"] for check in document["checks"]}
