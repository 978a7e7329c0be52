"""Servers on different databases that are sent the same requests, and what they must answer alike."""

import asyncio
import json
import re
from collections import defaultdict
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import httpx
from fastapi import FastAPI

KNOWN = re.compile(r"known\.(\w+)\.(\d+|new)")
NO_ID = "00000000-0000-4000-8000-000000000000"
DETAIL, MESSAGE = {"detail"}, {"exception_message"}
INVALID = {"exception_message", "exception_detail", "request_body"}
ERROR_BODIES = {404: (DETAIL, MESSAGE), 422: (DETAIL, INVALID)}


def known(kind: str, number: int | str = "new") -> str:
    """Return what stands in requests for the id of a thing that each server has made under its own id."""
    return f"known.{kind}.{number}"


@dataclass
class Server:
    """One application and the ids of what it has made, in the order of making."""

    kind: str
    app: FastAPI
    client: httpx.AsyncClient
    ids: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    def fill_in(self, text: str) -> str:
        """Return the text with this server's ids."""
        return KNOWN.sub(self._id, text)

    def _id(self, found: re.Match[str]) -> str:
        ids = self.ids[found[1]]
        if not ids:
            return NO_ID
        return ids[-1] if found[2] == "new" else ids[int(found[2]) % len(ids)]

    async def send(self, request: "Sent") -> httpx.Response:
        """Send a request with this server's ids in it."""
        url = httpx.URL("http://test").copy_with(raw_path=self.fill_in(request.target).encode())
        content = request.content
        if content is not None:
            content = self.fill_in(content.decode("latin-1")).encode("latin-1")
        headers = {**request.headers, "accept-encoding": "identity"}
        return await self.client.send(httpx.Request(request.method, url, content=content, headers=headers))


@dataclass(frozen=True)
class Sent:
    """A request: the target with path and query as they stand in the request line, the body as bytes."""

    method: str
    target: str
    content: bytes | None = None
    headers: dict[str, str] = field(default_factory=dict)

    @classmethod
    def json(cls, method: str, target: str, body: Any) -> "Sent":
        """Return a request whose body is written by the lenient writer, which knows NaN."""
        return cls(method, target, json.dumps(body).encode())


@dataclass
class Servers:
    """All servers, and the loop they live in."""

    runner: asyncio.Runner
    each: Sequence[Server]

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        """Let the servers run until the work is done."""
        return self.runner.run(work)

    def send(self, request: Sent) -> httpx.Response:
        """Send a request to all, and return the first one's answer.

        No answer may be a 5xx; errors must have the contract's bodies; all must agree on the status.
        """
        answers = [self.run(server.send(request)) for server in self.each]
        for server, answer in zip(self.each, answers, strict=True):
            where = (server.kind, _shortened(request), answer.status_code, answer.text[:2000])
            assert answer.status_code < 500, where
            check_body(answer, where)
        statuses = [answer.status_code for answer in answers]
        said = [answer.text[:500] for answer in answers]
        assert len(set(statuses)) == 1, (statuses, _shortened(request), said)
        self._note(request, answers)
        return answers[0]

    def _note(self, request: Sent, answers: Sequence[httpx.Response]) -> None:
        if answers[0].status_code != 201:
            return
        kind = kind_of_path(request.target)
        for server, answer in zip(self.each, answers, strict=True):
            made = answer.json()
            if isinstance(made, dict) and "id" in made:
                server.ids[kind].append(made["id"])


def _shortened(request: Sent) -> Sent:
    content = request.content
    return replace(
        request, target=request.target[:2000], content=content if content is None else content[:2000]
    )


def kind_of_path(path: str) -> str:
    """Return what a path makes: flow_run for ``/api/flow_runs/``."""
    parts = [part for part in path.partition("?")[0].split("/") if part not in {"", "api", "v2"}]
    nouns = [part for part in parts if part.endswith("s") and not part.startswith("known")]
    if parts[-1] == "create_flow_run":
        return "flow_run"
    return {"queues": "work_queue"}.get(nouns[-1], nouns[-1][:-1]) if nouns else parts[0]


def check_body(answer: httpx.Response, where: Any) -> None:
    """Assert that an error has a body of the contract (orchestration.md 0.6)."""
    if answer.status_code < 400:
        return
    assert answer.headers["content-type"] == "application/json", where
    body = answer.json()
    keys = set(body)
    assert keys in ERROR_BODIES.get(answer.status_code, (DETAIL,)), where
    text = body.get("detail", body.get("exception_message"))
    assert isinstance(text, str), where
    assert text, where
    if keys == INVALID:
        assert body["exception_detail"], where
        for problem in body["exception_detail"]:
            assert {"type", "loc", "msg", "input"} <= set(problem), where
