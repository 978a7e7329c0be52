"""``penstock run``, with a worker where something has to happen."""

import subprocess
import time
from pathlib import Path
from uuid import uuid4

import pytest

from tests.cli.conftest import PENSTOCK, Cli


def _deploy(cli: Cli, pool: str, command: str) -> str:
    name = f"job-{uuid4().hex[:8]}"
    assert cli("deploy", name, "--command", command, "--pool", pool).code == 0
    return name


def test_create_leaves_a_scheduled_run(cli: Cli, deployment: str) -> None:
    name = f"run-{uuid4().hex[:8]}"
    result = cli("run", "create", deployment, "--name", name, "--tag", "x")
    assert result.code == 0
    assert f"Created run '{name}'" in result.out
    assert "penstock run watch" in result.out
    document = cli("run", "inspect", name, "--json").document
    assert document["state_type"] == "SCHEDULED"
    assert document["tags"] == ["x"]
    assert [state["type"] for state in document["states"]] == ["SCHEDULED"]
    shown = cli("run", "inspect", document["id"]).out
    assert name in shown
    assert "Scheduled" in shown


def test_create_in_a_queue_with_parameters_and_variables(cli: Cli, pool: str, deployment: str) -> None:
    cli("queue", "create", "bulk", "--pool", pool)
    document = cli(
        "run", "create", f"{deployment}/{deployment}", "--queue", "bulk", "--param", "n=3",
        "--job-variable", 'env={"A": "1"}', "--json",
    ).document  # fmt: skip
    assert document["work_queue_name"] == "bulk"
    assert document["parameters"] == {"n": 3}
    assert document["job_variables"] == {"env": {"A": "1"}}


def test_create_for_later(cli: Cli, deployment: str) -> None:
    at = cli("run", "create", deployment, "--at", "2099-05-06T07:08:09Z", "--json").document
    assert at["next_scheduled_start_time"].startswith("2099-05-06T07:08:09")
    soon = cli("run", "create", deployment, "--in", "3600", "--json").document
    assert soon["next_scheduled_start_time"] > soon["created"]


def test_the_same_key_gives_the_same_run(cli: Cli, deployment: str) -> None:
    key = uuid4().hex
    first = cli("run", "create", deployment, "--idempotency-key", key, "--json").document
    second = cli("run", "create", deployment, "--idempotency-key", key, "--json").document
    assert first["id"] == second["id"]


def test_create_many(cli: Cli, pool: str, deployment: str) -> None:
    result = cli(
        "run", "create", deployment, "--count", 25, "--name", "many", "--idempotency-key", uuid4().hex
    )
    assert result.out.startswith("Created 25 runs")
    runs = cli("run", "ls", "--pool", pool, "--limit", 200, "--json").document
    assert {run["name"] for run in runs} == {f"many-{number}" for number in range(1, 26)}
    assert len({run["idempotency_key"] for run in runs}) == 25


def test_ls_can_be_narrowed(cli: Cli, pool: str, deployment: str) -> None:
    other = _deploy(cli, pool, "true")
    cli("queue", "create", "bulk", "--pool", pool)
    cli("run", "create", deployment, "--name", "one")
    cli("run", "create", other, "--queue", "bulk", "--name", "two")

    def names(*arguments: str) -> list[str]:
        return [run["name"] for run in cli("run", "ls", "--pool", pool, *arguments, "--json").document]

    assert names() == ["two", "one"]
    assert names("--deployment", deployment) == ["one"]
    assert names("--queue", "bulk") == ["two"]
    assert names("--state", "scheduled") == ["two", "one"]
    assert names("--state", "completed", "--state", "failed") == []
    assert names("--state", "Late") == []
    assert names("--limit", "1") == ["two"]
    shown = cli("run", "ls", "--pool", pool, "--limit", "1").out
    assert "two" in shown
    assert "1 of 2 runs" in shown
    assert "There are no such runs" in cli("run", "ls", "--pool", pool, "--state", "failed").out


def test_cancel_a_waiting_run(cli: Cli, deployment: str) -> None:
    run = cli("run", "create", deployment, "--json").document["id"]
    result = cli("run", "cancel", run)
    assert result.code == 0
    assert "Cancelled" in result.out
    again = cli("run", "cancel", run)
    assert again.code == 1
    assert "has ended already" in again.error
    watched = cli("run", "watch", run)
    assert watched.code == 1
    assert "Cancelled" in watched.out


@pytest.mark.parametrize("word", ["inspect", "logs", "cancel", "watch"])
@pytest.mark.parametrize("run", ["absent", "00000000-0000-0000-0000-000000000000"])
def test_a_run_that_is_not_there(cli: Cli, word: str, run: str) -> None:
    result = cli("run", word, run)
    assert result.code == 1
    assert "penstock run ls" in result.error


def test_a_name_that_two_runs_share(cli: Cli, deployment: str) -> None:
    name = f"run-{uuid4().hex[:8]}"
    ids = [cli("run", "create", deployment, "--name", name, "--json").document["id"] for _ in range(2)]
    result = cli("run", "inspect", name)
    assert result.code == 1
    assert all(run in result.error for run in ids)


def test_a_run_is_watched_until_it_completed(cli: Cli, deployment: str, worker: str) -> None:
    result = cli("run", "create", deployment, "--watch")
    assert result.code == 0
    assert result.out.splitlines()[-1].endswith("Completed")


def test_watch_says_whether_all_completed(cli: Cli, pool: str, deployment: str, worker: str) -> None:
    good = cli("run", "create", deployment, "--json").document["id"]
    bad = cli("run", "create", _deploy(cli, pool, "echo no such row >&2; exit 3"), "--json").document["id"]
    assert cli("run", "watch", good, "--json").document["state_type"] == "COMPLETED"
    result = cli("run", "watch", good, bad, "--json")
    assert result.code == 1
    assert [run["state_type"] for run in result.document] == ["COMPLETED", "FAILED"]


def test_logs_are_what_the_run_printed(cli: Cli, pool: str, worker: str) -> None:
    name = _deploy(cli, pool, "echo first; echo second; echo oops >&2")
    run = cli("run", "create", name, "--watch", "--json").document["id"]
    messages = [line["message"] for line in cli("run", "logs", run, "--json").document]
    assert [m for m in messages if m in {"first", "second"}] == ["first", "second"]
    assert "oops" in messages
    assert "second" in cli("run", "logs", run).out


def test_logs_can_be_followed(cli: Cli, pool: str, worker: str) -> None:
    name = _deploy(cli, pool, "for i in 1 2 3; do echo step $i; sleep 0.3; done")
    run = cli("run", "create", name, "--json").document["id"]
    result = cli("run", "logs", run, "--follow")
    assert result.code == 0
    assert "step 3" in result.out


def test_cancel_a_running_run(cli: Cli, pool: str, worker: str) -> None:
    run = cli("run", "create", _deploy(cli, pool, "sleep 60"), "--json").document["id"]
    deadline = time.monotonic() + 20
    while cli("run", "inspect", run, "--json").document["state_type"] != "RUNNING":
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert cli("run", "cancel", run, "--json").document["state_type"] == "CANCELLING"
    assert cli("run", "watch", run, "--json").document["state_type"] == "CANCELLED"


def test_the_folder_of_the_deployment_is_where_the_job_runs(
    cli: Cli, pool: str, worker: str, tmp_path: Path
) -> None:
    (tmp_path / "note.txt").write_text("found me\n")
    (tmp_path / "job.py").write_text(
        "def greet(who: str, times: int = 1):\n    print('hello', who * times)\n"
    )
    run = cli("run", "create", _deploy(cli, pool, "cat note.txt"), "--watch", "--json").document["id"]
    assert "found me" in cli("run", "logs", run).out
    name = f"job-{uuid4().hex[:8]}"
    cli("deploy", name, "--entrypoint", "job.py:greet", "--pool", pool)
    done = cli("run", "create", name, "--param", "who=ab", "--param", "times=2", "--watch", "--json")
    assert done.code == 0
    assert "hello abab" in cli("run", "logs", done.document["id"]).out


def test_parameters_that_do_not_fit_are_refused_at_once(cli: Cli, pool: str, tmp_path: Path) -> None:
    (tmp_path / "job.py").write_text("def greet(who: str):\n    print(who)\n")
    name = f"job-{uuid4().hex[:8]}"
    cli("deploy", name, "--entrypoint", "job.py:greet", "--pool", pool)
    result = cli("run", "create", name)
    assert result.code == 1
    assert "who" in result.error


def test_on_a_terminal_the_picture_is_live(
    cli: Cli, pool: str, worker: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    name = _deploy(cli, pool, "echo the reason >&2; exit 4")
    result = cli("run", "create", name, "--count", 3, "--watch")
    assert result.code == 1
    assert "3 run(s): 3 Failed" in result.out
    assert "exit code 4" in result.out
    assert "the reason" in result.out


def test_a_reader_that_goes_away_is_no_error(cli: Cli, deployment: str, server_url: str) -> None:
    cli("run", "create", deployment, "--count", 30)
    command = f"{PENSTOCK} run ls --json --limit 200 | head -c 1"
    environment = {"PATH": "/usr/bin:/bin", "PENSTOCK_API_URL": server_url}
    done = subprocess.run(["sh", "-c", command], env=environment, capture_output=True, text=True, check=False)
    assert done.stderr == ""
