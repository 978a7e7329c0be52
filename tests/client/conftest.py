"""A client whose server is a list of answers."""

import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest

from penstock.client import PenstockClient, RetryPolicy

NO_PAUSES = RetryPolicy(attempts=4, first_pause_seconds=0)


class Script:
    """Answers requests one after the other, and remembers them; the last answer is repeated."""

    def __init__(
        self, *answers: httpx.Response | Exception | Callable[[httpx.Request], httpx.Response]
    ) -> None:
        self.answers = list(answers)
        self.requests: list[httpx.Request] = []

    async def handle(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        if callable(answer):
            return answer(request)
        return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)

    @property
    def bodies(self) -> list[Any]:
        """What was sent, parsed."""
        return [json.loads(request.content) if request.content else None for request in self.requests]


ClientOf = Callable[..., PenstockClient]


@pytest.fixture
async def client_of() -> AsyncIterator[ClientOf]:
    """Make a client that talks to a script."""
    clients: list[PenstockClient] = []

    def make(script: Script, retries: RetryPolicy = NO_PAUSES, **more: Any) -> PenstockClient:
        transport = httpx.MockTransport(script.handle)
        client = PenstockClient("http://server/api/", transport=transport, retries=retries, **more)
        clients.append(client)
        return client

    yield make
    for client in clients:
        await client.close()
