"""The command line's other nouns: variables, limits, blocks, events, the server."""

from pathlib import Path

import pytest

from tests.compat.client import Prefect, end, wait_until

pytestmark = pytest.mark.compat


@pytest.mark.feature("Other commands", "variable set, get, inspect, ls, unset")
@pytest.mark.short
def test_variables(prefect: Prefect) -> None:
    prefect.cli("variable", "set", "colour", "blue", "--tag", "t")
    assert "blue" in prefect.cli("variable", "get", "colour")
    assert "colour" in prefect.cli("variable", "ls")
    assert "blue" in prefect.cli("variable", "inspect", "colour")
    prefect.cli("variable", "set", "colour", "red", "--overwrite")
    assert "red" in prefect.cli("variable", "get", "colour")
    prefect.cli("--no-prompt", "variable", "unset", "colour")
    prefect.cli("variable", "get", "colour", code=1)


@pytest.mark.feature("Other commands", "concurrency-limit create, ls, inspect, reset, delete")
def test_tag_limits(prefect: Prefect) -> None:
    prefect.cli("concurrency-limit", "create", "heavy", "2")
    assert "heavy" in prefect.cli("concurrency-limit", "ls")
    prefect.cli("concurrency-limit", "inspect", "heavy")
    prefect.cli("concurrency-limit", "reset", "heavy")
    prefect.cli("--no-prompt", "concurrency-limit", "delete", "heavy")


@pytest.mark.feature(
    "Other commands", "global-concurrency-limit create, ls, inspect, update, disable, enable, delete"
)
def test_global_limits(prefect: Prefect) -> None:
    prefect.cli("gcl", "create", "cli-limit", "--limit", "3")
    assert "cli-limit" in prefect.cli("gcl", "ls")
    prefect.cli("gcl", "inspect", "cli-limit")
    prefect.cli("gcl", "update", "cli-limit", "--limit", "5")
    prefect.cli("gcl", "disable", "cli-limit")
    assert prefect.api.get("v2/concurrency_limits/cli-limit").json()["active"] is False
    prefect.cli("gcl", "enable", "cli-limit")
    prefect.cli("--no-prompt", "gcl", "delete", "cli-limit")


@pytest.mark.feature("Other commands", "a block saved and loaded by Python; block ls, block type ls")
def test_blocks(prefect: Prefect) -> None:
    code = (
        "from prefect.blocks.system import Secret; Secret(value='hush').save('compat', overwrite=True);"
        " print(Secret.load('compat').get())"
    )
    assert "hush" in prefect.run("python", "-c", code)
    assert "compat" in prefect.cli("block", "ls")
    assert "secret" in prefect.cli("block", "type", "ls")


@pytest.mark.feature("Other commands", "server status, version, automation ls")
@pytest.mark.short
def test_server_and_version(prefect: Prefect) -> None:
    prefect.cli("server", "status")
    prefect.cli("version")
    prefect.cli("automation", "ls")


@pytest.mark.feature("Other commands", "event emit and event stream")
def test_event_stream(prefect: Prefect, tmp_path: Path) -> None:
    log = tmp_path / "stream.log"
    stream = prefect.start("prefect", "event", "stream", "--format", "json", log=log)
    try:
        asked = {"filter": {"event": {"name": ["compat.happened"]}}}

        def seen() -> bool:
            prefect.cli("event", "emit", "compat.happened", "--resource-id", "compat.thing")
            return bool(prefect.api.post("events/filter", json=asked).json()["events"])

        wait_until("the emitted event", seen)
        wait_until("the event in the stream", lambda: "compat.happened" in log.read_text())
    finally:
        end(stream)
