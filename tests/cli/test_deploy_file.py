"""A penstock.yaml that is wrong: the sentence says where."""

from pathlib import Path

import pytest

from tests.cli.conftest import Cli

JOB = "{name: a, command: echo}"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "deployments"),
        ("- a\n- b\n", "deployments"),
        ("pool: p\n", "deployments: this key is missing"),
        ("deployments: []\n", "deployments"),
        ("deployments:\n  - name: a\n   command: b\n", "line 3 is not YAML"),
        (f"deployments: [{JOB}]\nschedule: daily\n", "schedule: this key is not known"),
        ("deployments: [{name: a, comand: b}]\n", "deployment 'a'"),
        ("deployments: [{name: a}]\n", "deployment 'a': give either a command or an entrypoint"),
        ("deployments: [{name: a, command: b, entrypoint: c.py:d}]\n", "either a command or an entrypoint"),
        ("deployments: [{command: b}]\n", "deployment number 1, name: this key is missing"),
        ("deployments: [{name: a, command: b, parameters: [1]}]\n", "deployment 'a', parameters"),
        ("deployments: [{name: a, command: b, tags: x}]\n", "deployment 'a', tags"),
        (f"deployments: [{JOB}, {JOB}]\n", "two deployments named 'a'"),
        ("deployments: 3\n", "deployments"),
        ("deployments: [3]\n", "number 1"),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence(
    offline: Cli, tmp_path: Path, content: str, words: str
) -> None:
    (tmp_path / "penstock.yaml").write_text(content)
    result = offline("deploy", "-f", "penstock.yaml")
    assert result.code == 1
    assert words in result.error
    assert "penstock.yaml" in result.error
    assert len(result.error.splitlines()) == 1


def test_bytes_that_are_no_text(offline: Cli, tmp_path: Path) -> None:
    (tmp_path / "penstock.yaml").write_bytes(b"\xff\xfe\x00")
    assert "UTF-8" in offline("deploy", "-f", "penstock.yaml").error


def test_a_deployment_without_a_pool(offline: Cli, tmp_path: Path) -> None:
    (tmp_path / "penstock.yaml").write_text(f"deployments: [{JOB}]\n")
    result = offline("deploy", "-f", "penstock.yaml")
    assert result.code == 2
    assert "--pool" in result.error


def test_a_deployment_without_a_job(offline: Cli) -> None:
    result = offline("deploy", "x", "--pool", "p")
    assert result.code == 2
    assert "Give either a command or an entrypoint (path/to/file.py:function)." in result.error


@pytest.mark.parametrize(
    ("entrypoint", "source", "words"),
    [
        ("job.py:absent", "def present(): ...\n", "has no function 'absent'. Functions there: present"),
        ("job.py:inner", "def outer():\n    def inner(): ...\n", "has no function 'inner'"),
        ("job.py:any", "x = 1\n", "Functions there: none"),
        ("job.py:broken", "def broken(:\n", "line 1 is not valid Python"),
        ("elsewhere.py:any", "", "elsewhere.py cannot be read"),
    ],
)
def test_an_entrypoint_that_is_not_there(
    offline: Cli, tmp_path: Path, entrypoint: str, source: str, words: str
) -> None:
    (tmp_path / "job.py").write_text(source)
    result = offline("deploy", "x", "--entrypoint", entrypoint, "--pool", "p")
    assert result.code == 1
    assert words in result.error
