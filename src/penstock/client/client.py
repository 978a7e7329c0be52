"""The client, put together from its groups of calls."""

from collections.abc import Mapping
from types import TracebackType
from typing import Self

import httpx
from pydantic import TypeAdapter

from penstock.client.admin import AdminCalls
from penstock.client.cleanup import CleanupCalls
from penstock.client.deployments import DeploymentCalls
from penstock.client.errors import ApiError
from penstock.client.flow_runs import FlowRunCalls
from penstock.client.flows import FlowCalls
from penstock.client.http import Http
from penstock.client.logs import LogCalls
from penstock.client.pools import PoolCalls
from penstock.client.queues import QueueCalls
from penstock.client.retries import RetryPolicy
from penstock.client.schedules import ScheduleCalls
from penstock.client.workers import WorkerCalls

_TEXT = TypeAdapter(str)
_FLAG = TypeAdapter(bool)


class PenstockClient(
    PoolCalls,
    QueueCalls,
    WorkerCalls,
    FlowCalls,
    DeploymentCalls,
    ScheduleCalls,
    FlowRunCalls,
    LogCalls,
    CleanupCalls,
    AdminCalls,
):
    """Everything a server can be asked for, over HTTP. Use it as an async context manager.

    Every call raises ``ServerUnavailable`` when nothing answers after all attempts, and another ``ApiError``
    when the server refuses; see ``penstock.client.errors``.
    """

    def __init__(
        self,
        api_url: str,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
        timeout_seconds: float = 30.0,
        headers: Mapping[str, str] | None = None,
        retries: RetryPolicy | None = None,
    ) -> None:
        super().__init__(
            Http(
                api_url,
                transport=transport,
                timeout_seconds=timeout_seconds,
                headers=headers,
                retries=retries,
            )
        )

    @property
    def api_url(self) -> str:
        """The address of the API, without a slash at the end."""
        return self._http.api_url

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close all connections; the client cannot be used afterwards."""
        await self._http.close()

    async def health(self) -> bool:
        """Return whether a server answers and says it is well."""
        try:
            return await self._http.fetch(_FLAG, "GET", "/health", repeatable=True)
        except ApiError:
            return False

    async def server_version(self) -> str:
        """Return the version the server reports."""
        return await self._http.fetch(_TEXT, "GET", "/version", repeatable=True)
