"""Collects what the suite showed and writes ``docs/compatibility.md`` (``--write-docs``)."""

from pathlib import Path

import pytest

from tests.compat.routes import Routes

DOCUMENT = Path("docs/compatibility.md")
NOTES = Path(__file__).with_name("notes.md")


class Report:
    """A pytest plugin: the outcome of each feature on each database."""

    def __init__(self) -> None:
        self._outcomes: dict[tuple[str, str], dict[str, str]] = {}
        self._logs: list[str] = []

    def note_requests(self, log: str) -> None:
        """Count what clients asked a server, by its log."""
        self._logs.append(log)

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]):  # type: ignore[no-untyped-def]
        outcome = yield
        report = outcome.get_result()
        marker = item.get_closest_marker("feature")
        if marker is None or (report.when != "call" and report.passed):
            return
        given = item.callspec.params if hasattr(item, "callspec") else {}
        database = given.get("server_url") or given.get("hasty_server_url", "")
        area, what = marker.args
        word = "works" if report.passed else "skipped" if report.skipped else "**does not work**"
        self._outcomes.setdefault((area, what), {})[str(database)] = word

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Write the page, when asked to and when every database was driven."""
        if not session.config.getoption("--write-docs"):
            return
        DOCUMENT.write_text(self._page())

    def _page(self) -> str:
        lines = [
            "# Compatibility",
            "",
            (
                "Made by `make compat ARGS=--write-docs`: an unmodified Prefect 3.8.8 in an environment "
                "of its own drives a server, once on SQLite and once on PostgreSQL. A line is what a test "
                "did and saw; nothing here is written by hand but the notes at the end."
            ),
        ]
        area_before = ""
        for (area, what), outcome in self._outcomes.items():
            if area != area_before:
                lines += ["", f"## {area}", "", "| what | SQLite | PostgreSQL |", "|---|---|---|"]
                area_before = area
            lines.append(f"| {what} | {outcome.get('sqlite', '-')} | {outcome.get('postgresql', '-')} |")
        routes = Routes()
        for log in self._logs:
            routes.note(log)
        return "\n".join([*lines, "", NOTES.read_text().rstrip(), "", *routes.page(), ""])
