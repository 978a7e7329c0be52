"""The environment of the peer, which ``make bench`` has installed beside Penstock's own."""

import subprocess
from functools import cache
from pathlib import Path

ENVIRONMENT = Path(__file__).parents[1] / ".cache" / "bench-peer"
PYTHON = ENVIRONMENT / "bin" / "python"
PREFECT = ENVIRONMENT / "bin" / "prefect"


def settings(database_url: str, home: Path) -> dict[str, str]:
    """Return the environment variables of a Prefect server that works for nobody but this benchmark."""
    return {
        "PREFECT_HOME": str(home),
        "PREFECT_API_DATABASE_CONNECTION_URL": database_url,
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_SERVER_UI_ENABLED": "false",
        "PREFECT_LOGGING_SERVER_LEVEL": "WARNING",
    }


@cache
def version(package: str) -> str:
    """Return the version of a package in the peer's environment."""
    program = f"from importlib.metadata import version; print(version({package!r}))"
    return subprocess.check_output([PYTHON, "-c", program], text=True).strip()
