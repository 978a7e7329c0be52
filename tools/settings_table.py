"""Writes the table of settings into the README; ``tests/cli/test_docs.py`` checks it.

Run it as ``python tools/settings_table.py`` from the top of the repository.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from pydantic_settings import BaseSettings

from penstock.settings import ClientSettings, ServerSettings, WorkerSettings

README = Path("README.md")
HEAD = "| Variable | Default | Meaning |\n|---|---|---|\n"
COMPUTED = {
    "PENSTOCK_HOME": "the user's data folder",
    "PENSTOCK_DATABASE_URL": "a SQLite file in PENSTOCK_HOME",
}


def rows(kind: type[BaseSettings]) -> Iterator[str]:
    """Yield a row for each setting, in the order in which they are defined."""
    for name, field in kind.model_fields.items():
        variable = f"{kind.model_config['env_prefix']}{name}".upper()
        yield f"| `{variable}` | {COMPUTED.get(variable, field.default)} | {field.description} |\n"


def main() -> None:
    """Put the table where the old one stands."""
    table = "".join(row for kind in (ServerSettings, ClientSettings, WorkerSettings) for row in rows(kind))
    text = README.read_text()
    new = re.sub(re.escape(HEAD) + r"(\| `PENSTOCK_.*\n)+", lambda _: HEAD + table, text)
    README.write_text(new)


if __name__ == "__main__":
    main()
