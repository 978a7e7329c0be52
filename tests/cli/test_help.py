"""Help, version, and command lines that are not understood."""

import json
import subprocess
import sys

import pytest

from tests.cli.conftest import Cli

COMMANDS = [
    "server start",
    "pool create", "pool ls", "pool inspect", "pool update", "pool pause", "pool resume", "pool set-limit",
    "pool delete",
    "queue create", "queue ls", "queue inspect", "queue update", "queue pause", "queue resume",
    "queue set-limit", "queue set-priority", "queue delete",
    "worker start", "worker ls",
    "deploy",
    "deployment ls", "deployment inspect", "deployment delete",
    "run create", "run ls", "run inspect", "run logs", "run cancel", "run watch", "run why",
    "doctor",
    "version",
]  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_and_knows_json(offline: Cli, command: str) -> None:
    result = offline(*command.split(), "--help")
    assert result.code == 0
    assert f"Usage: penstock {command}" in result.out
    assert "--json" in result.out


def test_the_list_of_commands_loads_none_of_them() -> None:
    program = (
        "import sys; from penstock.cli.main import run; run(['--help']); "
        "print(sorted({'httpx', 'fastapi', 'sqlalchemy', 'pydantic'} & sys.modules.keys()))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
    assert "deployment" in done.stdout


def test_version(offline: Cli) -> None:
    assert offline("version").out.startswith("penstock ")
    assert set(offline("version", "--json").document) == {"penstock", "python"}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["pol", "ls"], "pol"),
        (["pool", "lst"], "lst"),
        (["pool", "create"], "NAME"),
        (["queue", "ls"], "--pool"),
        (["pool", "ls", "--colour"], "--colour"),
        (["pool", "create", "p", "--limit", "many"], "many"),
        (["run", "create", "x", "--count", "0"], "--count"),
        (["run", "create", "x", "--param", "novalue"], "name=value"),
        (["run", "create", "x", "--in", "3", "--at", "2030-01-01"], "not both"),
        (["run", "create", "x", "--at", "teatime"], "teatime"),
        (["pool", "set-limit", "p", "-1"], "-1"),
        (["pool", "set-limit", "p", "lots"], "none"),
        (["pool", "update", "p"], "--limit"),
        (["queue", "update", "q", "--pool", "p"], "--priority"),
        (["run", "ls", "--state", "running", "--state", "Late"], "--state"),
        (["deploy"], "penstock.yaml"),
        (["deploy", "x", "--pool", "p"], "command"),
        (["deploy", "x", "--pool", "p", "--command", "a", "--entrypoint", "b.py:c"], "command"),
        (["deploy", "x", "--command", "a"], "--pool"),
        (["deploy", "x", "--pool", "p", "--entrypoint", "nonsense"], "path/to/file.py:function"),
        (["deploy", "-f", "absent.yaml"], "absent.yaml"),
        (["pool", "create", "p", "--template", "absent.json"], "absent.json"),
    ],
)
def test_a_command_line_that_is_not_understood_ends_with_2(
    offline: Cli, arguments: list[str], words: str
) -> None:
    result = offline(*arguments)
    assert result.code == 2
    assert words in result.error
    assert "\n" not in result.error
    assert result.out == ""


def test_usage_errors_are_json_too(offline: Cli) -> None:
    result = offline("pool", "create", "--json")
    assert result.code == 2
    assert result.document["exit_code"] == 2
    assert "NAME" in result.document["error"]
    assert result.err == ""


@pytest.mark.parametrize(
    "command", [["pool", "ls"], ["run", "ls"], ["deploy", "x", "--command", "a", "--pool", "p"]]
)
def test_without_a_server_the_way_to_start_one_is_told(offline: Cli, command: list[str]) -> None:
    result = offline(*command)
    assert result.code == 1
    assert "http://127.0.0.1:9/api" in result.error
    assert "penstock server start" in result.error


def test_without_a_server_the_json_is_one_document(offline: Cli) -> None:
    result = offline("pool", "ls", "--json")
    assert result.code == 1
    assert "penstock server start" in json.loads(result.out)["error"]
    assert result.err == ""


def test_a_bad_setting_is_named(offline: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PENSTOCK_API_TIMEOUT_SECONDS", "soon")
    result = offline("pool", "ls")
    assert result.code == 2
    assert "PENSTOCK_API_TIMEOUT_SECONDS" in result.error
