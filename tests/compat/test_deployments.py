"""Deploying, and the deployments' command line."""

import pytest

from tests.compat.client import Prefect

pytestmark = pytest.mark.compat


@pytest.mark.feature("Deployments", "from_source().deploy(), again; deployment ls, inspect, delete; flow ls")
@pytest.mark.short
def test_deploy_from_python(prefect: Prefect) -> None:
    prefect.make_pool("deploying")
    prefect.deploy("deploying", "total")
    prefect.deploy("deploying", "total")
    assert "total/total" in prefect.cli("deployment", "ls")
    assert prefect.json("deployment", "inspect", "total/total")["work_pool_name"] == "deploying"
    assert "total" in prefect.cli("flow", "ls")
    prefect.deploy("deploying", "ticking")
    prefect.cli("--no-prompt", "deployment", "delete", "ticking/ticking")
    prefect.cli("deployment", "inspect", "ticking/ticking", code=1)


@pytest.mark.feature("Deployments", "prefect deploy from prefect.yaml: queue, schedules, concurrency limit")
def test_deploy_from_yaml(prefect: Prefect) -> None:
    prefect.make_pool("yaml-pool")
    prefect.cli("--no-prompt", "deploy", "--name", "from-yaml")
    shown = prefect.api.get("deployments/name/total/from-yaml").json()
    assert shown["work_queue_name"] == "yaml-queue"
    assert shown["parameters"] == {"n": 4}
    assert shown["global_concurrency_limit"]["limit"] == 2
    kinds = sorted("cron" if "cron" in one["schedule"] else "interval" for one in shown["schedules"])
    assert kinds == ["cron", "interval"]


@pytest.mark.feature("Deployments", "deployment schedule create, ls, pause, resume, delete, clear")
def test_schedules(prefect: Prefect) -> None:
    prefect.make_pool("scheduling")
    prefect.deploy("scheduling", "short")
    name = "short/short"
    prefect.cli("deployment", "schedule", "create", name, "--interval", "60")
    prefect.cli("deployment", "schedule", "create", name, "--cron", "0 4 * * *", "--timezone", "Europe/Paris")
    prefect.cli("deployment", "schedule", "create", name, "--rrule", "FREQ=DAILY;COUNT=5")
    shown = prefect.api.get("deployments/name/short/short").json()["schedules"]
    assert len(shown) == 3
    prefect.cli("deployment", "schedule", "ls", name)
    prefect.cli("deployment", "schedule", "pause", name, shown[0]["id"])
    prefect.cli("deployment", "schedule", "resume", name, shown[0]["id"])
    prefect.cli("deployment", "schedule", "delete", name, shown[0]["id"], "--accept-yes")
    prefect.cli("deployment", "schedule", "clear", name, "--accept-yes")
    assert prefect.api.get("deployments/name/short/short").json()["schedules"] == []
