"""The pages of the documentation say what is true: commands are understood, settings exist."""

import re
import shlex
from pathlib import Path

import pytest
from pydantic_settings import BaseSettings

from penstock.cli.main import app
from penstock.settings import ClientSettings, ServerSettings, WorkerSettings

ROOT = Path(__file__).resolve().parents[2]
PAGES = [
    ROOT / "README.md",
    *sorted((ROOT / "docs").glob("*.md")),
    *sorted((ROOT / "docs/how-to").glob("*.md")),
]


def _commands() -> list[str]:
    """Return every command line with ``penstock`` in the shell blocks of all pages."""
    found = []
    for page in PAGES:
        for block in re.findall(r"```sh\n(.*?)```", page.read_text(), flags=re.DOTALL):
            for line in block.splitlines():
                words = re.sub(r"^(\w+=\S+ )+", "", line)
                if words.startswith("penstock "):
                    found.append(words)
    return sorted(set(found))


@pytest.mark.parametrize("command", _commands())
def test_commands_of_the_pages_are_understood(command: str) -> None:
    arguments = shlex.split(command, comments=True)[1:]
    app.parse_args(arguments, exit_on_error=False, print_error=False)


@pytest.mark.parametrize("kind", [ServerSettings, ClientSettings, WorkerSettings])
def test_the_table_of_settings_is_whole(kind: type[BaseSettings]) -> None:
    readme = (ROOT / "README.md").read_text()
    rows = dict(re.findall(r"^\| `(PENSTOCK_\w+)` \| (.*?) \|", readme, flags=re.MULTILINE))
    for name, field in kind.model_fields.items():
        variable = f"{kind.model_config['env_prefix']}{name}".upper()
        assert variable in rows
        if field.default_factory is None and field.default != "":
            assert rows[variable] == str(field.default)


def test_no_setting_is_described_that_is_not_there() -> None:
    readme = (ROOT / "README.md").read_text()
    described = set(re.findall(r"^\| `(PENSTOCK_\w+)`", readme, flags=re.MULTILINE))
    known = {
        f"{kind.model_config['env_prefix']}{name}".upper()
        for kind in (ServerSettings, ClientSettings, WorkerSettings)
        for name in kind.model_fields
    }
    assert described == known
