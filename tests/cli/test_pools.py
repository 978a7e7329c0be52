"""``penstock pool``."""

import json
from pathlib import Path
from uuid import uuid4

import pytest

from penstock.schemas.job_templates import default_base_job_template
from tests.cli.conftest import Cli


def test_create_and_inspect(cli: Cli) -> None:
    name = f"pool-{uuid4().hex[:8]}"
    created = cli("pool", "create", name, "--limit", 4, "--description", "for tests")
    assert created.code == 0
    assert f"penstock worker start --pool {name}" in created.out
    document = cli("pool", "inspect", name, "--json").document
    assert document["concurrency_limit"] == 4
    assert document["description"] == "for tests"
    assert document["type"] == "process"
    assert document["base_job_template"] == default_base_job_template("process")
    assert [queue["name"] for queue in document["queues"]] == ["default"]
    assert document["workers"] == []
    shown = cli("pool", "inspect", name).out
    assert "0 of 4" in shown
    assert "for tests" in shown
    assert f"penstock worker start --pool {name}" in shown


def test_create_paused_and_with_a_template(cli: Cli, tmp_path: Path) -> None:
    template = default_base_job_template("process")
    template["variables"]["properties"]["env"]["default"] = {"COLOUR": "blue"}
    (tmp_path / "template.json").write_text(json.dumps(template))
    name = f"pool-{uuid4().hex[:8]}"
    document = cli("pool", "create", name, "--paused", "--template", "template.json", "--json").document
    assert document["is_paused"] is True
    assert document["status"] == "PAUSED"
    assert document["base_job_template"] == template


def test_create_twice_is_refused_with_the_way_on(cli: Cli, pool: str) -> None:
    result = cli("pool", "create", pool)
    assert result.code == 1
    assert f"penstock pool update {pool}" in result.error


@pytest.mark.parametrize("name", ["a/b", "", "  ", "a%b"])
def test_names_that_cannot_be_are_refused(cli: Cli, name: str) -> None:
    result = cli("pool", "create", name)
    assert result.code == 2
    assert "name" in result.error
    assert len(result.error.splitlines()) == 1


def test_a_negative_limit_is_refused(cli: Cli) -> None:
    result = cli("pool", "create", f"pool-{uuid4().hex[:8]}", "--limit", "-1")
    assert result.code == 2
    assert "concurrency_limit" in result.error


def test_ls_shows_each_pool_with_its_limit(cli: Cli, pool: str) -> None:
    cli("pool", "set-limit", pool, 7)
    assert pool in {item["name"] for item in cli("pool", "ls", "--json").document}
    line = next(line for line in cli("pool", "ls").out.splitlines() if line.startswith(pool))
    assert "0 of 7" in line


def test_update_changes_what_is_given(cli: Cli, pool: str) -> None:
    cli("pool", "update", pool, "--limit", 3, "--description", "first")
    document = cli("pool", "update", pool, "--description", "second", "--json").document
    assert document["description"] == "second"
    assert document["concurrency_limit"] == 3


def test_set_limit_and_remove_it(cli: Cli, pool: str) -> None:
    assert cli("pool", "set-limit", pool, 0, "--json").document["concurrency_limit"] == 0
    result = cli("pool", "set-limit", pool, "none")
    assert result.code == 0
    assert "no limit" in result.out
    assert cli("pool", "inspect", pool, "--json").document["concurrency_limit"] is None


def test_pause_and_resume(cli: Cli, pool: str) -> None:
    assert cli("pool", "pause", pool, "--json").document["status"] == "PAUSED"
    assert cli("pool", "resume", pool, "--json").document["is_paused"] is False


def test_a_bad_template_is_told(cli: Cli, pool: str, tmp_path: Path) -> None:
    (tmp_path / "bad.json").write_text("{")
    assert "not JSON" in cli("pool", "update", pool, "--template", "bad.json").error
    (tmp_path / "list.json").write_text("[]")
    assert "object" in cli("pool", "update", pool, "--template", "list.json").error
    (tmp_path / "half.json").write_text('{"variables": {}}')
    result = cli("pool", "update", pool, "--template", "half.json")
    assert result.code == 2
    assert "job_configuration" in result.error


def test_delete_needs_yes_without_a_terminal(cli: Cli, pool: str) -> None:
    refused = cli("pool", "delete", pool)
    assert refused.code == 2
    assert "--yes" in refused.error
    assert cli("pool", "inspect", pool).code == 0
    assert cli("pool", "delete", pool, "--yes").code == 0
    assert cli("pool", "inspect", pool).code == 1


def test_delete_asks_on_a_terminal(cli: Cli, pool: str, monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal:
        answer = "n\n"

        def isatty(self) -> bool:
            return True

        def readline(self) -> str:
            return self.answer

    monkeypatch.setattr("sys.stdin", Terminal())
    kept = cli("pool", "delete", pool)
    assert kept.code == 1
    assert "Nothing was deleted" in kept.err
    monkeypatch.setattr(Terminal, "answer", "y\n")
    assert cli("pool", "delete", pool).code == 0


@pytest.mark.parametrize(
    "arguments",
    [["inspect"], ["update", "--limit", "1"], ["pause"], ["resume"], ["delete", "--yes"], ["set-limit"]],
    ids=lambda words: words[0],
)
def test_a_pool_that_is_not_there(cli: Cli, arguments: list[str]) -> None:
    word, *rest = arguments
    more = ["5"] if word == "set-limit" else []
    result = cli("pool", word, "absent", *more, *rest)
    assert result.code == 1
    assert result.error == "There is no work pool 'absent'. Create it with: penstock pool create absent"
    as_json = cli("pool", word, "absent", *more, *rest, "--json")
    assert as_json.document == {"error": result.error, "exit_code": 1}
