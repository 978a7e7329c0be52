"""Which routes of the peer there are here, and which of them the suite's clients used."""

import re
from collections import Counter, defaultdict
from functools import cache
from pathlib import Path

from penstock.server.app import create_app

PEER = Path(__file__).with_name("routes.txt")
"""The routes of Prefect 3.8.8, a method and a path in each line."""

_REQUEST = re.compile(r'"(GET|POST|PUT|PATCH|DELETE) /api(/[^ ?"]*)[^"]*" (\d{3})')
_PARAMETER = re.compile(r"\{[^}]*\}")

Route = tuple[str, str]

_INTRODUCTION = (
    "Of the {all} routes of Prefect 3.8.8's server {here} are here. The others answer 404, which its "
    "clients take for a server without that feature. The last column counts what the clients of this "
    "suite asked, by the status they were answered, on both databases."
)


class Routes:
    """Counts requests by route and answer."""

    def __init__(self) -> None:
        lines = PEER.read_text().splitlines()
        self._peer: list[Route] = [(method, path) for method, path in map(str.split, lines)]
        own = create_app().openapi()["paths"]
        self._own = {
            (method.upper(), _shape(path.removeprefix("/api"))) for path in own for method in own[path]
        }
        self._answers: dict[Route, Counter[str]] = defaultdict(Counter)
        self._unknown: Counter[Route] = Counter()

    def note(self, log: str) -> None:
        """Count the requests in a server's log."""
        for method, path, status in _REQUEST.findall(log):
            route = self._route_of(method, path)
            if route is None:
                self._unknown[method, re.sub(r"[0-9a-f-]{36}", "{id}", path)] += 1
            else:
                self._answers[route][status] += 1

    def _route_of(self, method: str, path: str) -> Route | None:
        """Return the route of a request, the most literal one where several fit."""
        fitting = [route for route in self._peer if route[0] == method and _pattern(route[1]).fullmatch(path)]
        return min(fitting, key=lambda route: route[1].count("{"), default=None)

    def page(self) -> list[str]:
        """Return the section of the compatibility page about routes."""
        served = [route for route in self._peer if (route[0], _shape(route[1])) in self._own]
        lines = [
            "## Routes",
            "",
            _INTRODUCTION.format(here=len(served), all=len(self._peer)),
            "",
            "| route | here | asked by the suite |",
            "|---|---|---|",
        ]
        for route in self._peer:
            here = "yes" if route in served else "**no**"
            answers = ", ".join(
                f"{status}: {count}" for status, count in sorted(self._answers[route].items())
            )
            lines.append(f"| `{route[0]} {route[1]}` | {here} | {answers or '-'} |")
        for (method, path), count in sorted(self._unknown.items()):
            lines.append(f"| `{method} {path}` | not of Prefect 3.8.8 | {count} |")
        return lines


def _shape(path: str) -> str:
    return _PARAMETER.sub("{}", path).rstrip("/")


@cache
def _pattern(path: str) -> re.Pattern[str]:
    return re.compile("[^/]+".join(map(re.escape, _PARAMETER.split(path.rstrip("/")))) + "/?")
