"""``penstock deploy`` and ``penstock deployment``."""

from pathlib import Path
from uuid import uuid4

import pytest

from tests.cli.conftest import Cli

SOURCE = '''
def report(day: str, factor: float = 1.5, *, loud: bool = False) -> None:
    """Never imported: the next line would raise."""

raise RuntimeError("imported")
'''

FILE = """
pool: {pool}
tags: [nightly]
deployments:
  - name: {name}-command
    flow: {name}
    command: echo hello
    queue: bulk
    description: says hello
  - name: {name}-function
    flow: {name}
    entrypoint: jobs/report.py:report
    parameters: {{day: monday}}
    tags: [reports]
    job_variables:
      env: {{COLOUR: blue}}
"""


@pytest.fixture
def project(tmp_path: Path, pool: str) -> str:
    """A folder with a job and a penstock.yaml; returns the flow's name."""
    name = f"flow-{uuid4().hex[:8]}"
    (tmp_path / "jobs").mkdir()
    (tmp_path / "jobs/report.py").write_text(SOURCE)
    (tmp_path / "penstock.yaml").write_text(FILE.format(pool=pool, name=name))
    return name


def test_a_command(cli: Cli, pool: str, tmp_path: Path) -> None:
    name = f"job-{uuid4().hex[:8]}"
    result = cli(
        "deploy", name, "--command", "echo hi", "--pool", pool, "--queue", "bulk", "--tag", "a", "--tag", "b"
    )
    assert result.code == 0
    assert f"penstock run create {name}/{name} --watch" in result.out
    document = cli("deployment", "inspect", name, "--json").document
    assert document["job_variables"] == {"command": "echo hi"}
    assert document["work_pool_name"] == pool
    assert document["work_queue_name"] == "bulk"
    assert document["path"] == str(tmp_path)
    assert document["tags"] == ["a", "b"]


def test_an_entrypoint_with_the_schema_of_its_function(
    cli: Cli, pool: str, project: str, tmp_path: Path
) -> None:
    name = f"job-{uuid4().hex[:8]}"
    result = cli(
        "deploy", name, "--entrypoint", "jobs/report.py:report", "--pool", pool, "--flow", project,
        "--param", "day=monday", "--param", "factor=2", "--job-variable", 'env={"A": "1"}', "--json",
    )  # fmt: skip
    [document] = result.document
    assert document["entrypoint"] == "jobs/report.py:report"
    assert document["path"] == str(tmp_path)
    assert document["parameters"] == {"day": "monday", "factor": 2}
    assert document["job_variables"] == {"env": {"A": "1"}}
    schema = document["parameter_openapi_schema"]
    assert schema["required"] == ["day"]
    assert schema["properties"]["factor"] == {"title": "factor", "type": "number", "default": 1.5}


def test_the_flow_of_an_entrypoint_is_named_after_its_function(cli: Cli, pool: str, project: str) -> None:
    name = f"job-{uuid4().hex[:8]}"
    cli("deploy", name, "--entrypoint", "jobs/report.py:report", "--pool", pool)
    assert cli("deployment", "inspect", f"report/{name}").code == 0


def test_a_file_deploys_everything_in_it(cli: Cli, pool: str, project: str, tmp_path: Path) -> None:
    result = cli("deploy", "-f", "penstock.yaml")
    assert result.code == 0
    assert f"{project}/{project}-command" in result.out
    document = cli("deployment", "inspect", f"{project}/{project}-function", "--json").document
    assert document["parameters"] == {"day": "monday"}
    assert document["tags"] == ["nightly", "reports"]
    assert document["job_variables"] == {"env": {"COLOUR": "blue"}}
    assert document["path"] == str(tmp_path)
    listed = cli("deployment", "ls", "--pool", pool, "--json").document
    assert [item["name"] for item in listed] == [f"{project}-command", f"{project}-function"]
    queues = cli("queue", "ls", "--pool", pool, "--json").document
    assert "bulk" in {queue["name"] for queue in queues}


def test_a_file_is_found_from_another_folder(
    cli: Cli, pool: str, project: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    [document] = cli("deploy", f"{project}-function", "-f", "../penstock.yaml", "--json").document
    assert document["path"] == str(tmp_path)


def test_deploying_again_updates(cli: Cli, pool: str, project: str) -> None:
    first = cli("deploy", "-f", "penstock.yaml", "--json").document
    second = cli("deploy", "-f", "penstock.yaml", "--json").document
    assert [item["id"] for item in first] == [item["id"] for item in second]


def test_only_one_of_a_file_and_into_another_pool(cli: Cli, pool: str, project: str) -> None:
    other = f"pool-{uuid4().hex[:8]}"
    cli("pool", "create", other)
    [document] = cli(
        "deploy", f"{project}-command", "-f", "penstock.yaml", "--pool", other, "--json"
    ).document
    assert document["work_pool_name"] == other
    missing = cli("deploy", "nothing", "-f", "penstock.yaml")
    assert missing.code == 2
    assert f"{project}-command" in missing.error


def test_flags_that_a_file_says_itself_are_refused(cli: Cli, project: str) -> None:
    result = cli("deploy", "-f", "penstock.yaml", "--command", "echo")
    assert result.code == 2
    assert "--command" in result.error


def test_a_pool_that_is_not_there(cli: Cli, project: str) -> None:
    result = cli("deploy", "-f", "penstock.yaml", "--pool", "nowhere")
    assert result.code == 1
    assert "penstock pool create nowhere" in result.error


def test_parameters_that_do_not_fit_the_function(cli: Cli, pool: str, project: str) -> None:
    arguments = ("deploy", "x", "--entrypoint", "jobs/report.py:report", "--pool", pool)
    wrong_type = cli(*arguments, "--param", "factor=much")
    assert wrong_type.code == 1
    assert "factor" in wrong_type.error
    unknown = cli(*arguments, "--param", "colour=blue")
    assert unknown.code == 1
    assert "colour" in unknown.error


def test_deployment_ls_and_delete(cli: Cli, pool: str, deployment: str) -> None:
    shown = cli("deployment", "ls", "--pool", pool).out
    assert f"{deployment}/{deployment}" in shown
    assert "echo hello" in shown
    assert cli("deployment", "delete", deployment).code == 2
    assert cli("deployment", "delete", deployment, "--yes", "--json").document["deleted"] == deployment
    assert cli("deployment", "inspect", deployment).code == 1


def test_deployment_ls_by_tag(cli: Cli, pool: str, project: str) -> None:
    cli("deploy", "-f", "penstock.yaml")
    [document] = cli("deployment", "ls", "--pool", pool, "--tag", "reports", "--json").document
    assert document["name"] == f"{project}-function"


def test_a_name_that_two_flows_share_has_to_be_said_in_full(cli: Cli, pool: str) -> None:
    name = f"job-{uuid4().hex[:8]}"
    for flow in ("east", "west"):
        cli("deploy", name, "--command", "true", "--flow", flow, "--pool", pool)
    result = cli("deployment", "inspect", name)
    assert result.code == 1
    assert f"east/{name}" in result.error
    assert f"west/{name}" in result.error
    assert cli("deployment", "inspect", f"west/{name}").code == 0


@pytest.mark.parametrize("name", ["absent", "no/where", "00000000-0000-0000-0000-000000000000"])
def test_a_deployment_that_is_not_there(cli: Cli, name: str) -> None:
    for arguments in (["deployment", "inspect", name], ["run", "create", name]):
        result = cli(*arguments)
        assert result.code == 1
        assert "penstock deployment ls" in result.error
