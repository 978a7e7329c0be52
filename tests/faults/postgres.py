"""A PostgreSQL server that a campaign may stop and start as it likes."""

from tests.support.postgres import PostgresServer


class RestartablePostgres(PostgresServer):
    """The throw-away server of the tests, with a switch; what it has committed is committed."""

    def __init__(self) -> None:
        super().__init__()
        self.restart()

    def restart(self, mode: str = "fast") -> None:
        """Stop it (``immediate``: as by a crash) and start it again at once."""
        self.shut_down(mode)
        self.start()

    def shut_down(self, mode: str = "fast") -> None:
        """Stop it; the data stay."""
        self._run("pg_ctl", "-w", "-t", "60", "-m", mode, "stop")

    def start(self) -> None:
        """Start it and wait until it lets people in."""
        self._run(
            "pg_ctl",
            "-w",
            "-t",
            "60",
            "-l",
            str(self.folder / "log"),
            "-o",
            "-c synchronous_commit=on",
            "start",
        )
