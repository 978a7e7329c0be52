"""Where the jobs of claimed runs come from."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from penstock.client import ApiError, NotFound, PenstockClient, ServerUnavailable
from penstock.schemas.responses import FlowRunResponse
from penstock.worker.configuration import ConfiguredJob, JobConfigurationError, configure_job
from penstock.worker.contact import ServerContact
from penstock.worker.runners import JobStartError

Thing = TypeVar("Thing")


class JobSource:
    """Configures the jobs of one batch of runs; the pool and each deployment are read once for all of them.

    A batch was claimed before anything is read, so what is read is never older than its runs.
    """

    def __init__(
        self, client: PenstockClient, contact: ServerContact, *, pool: str, give_up: asyncio.Event
    ) -> None:
        self._client = client
        self._contact = contact
        self._pool = pool
        self._give_up = give_up
        self._read: dict[object, Any] = {}
        self._reading = asyncio.Lock()

    async def configure(self, run: FlowRunResponse) -> ConfiguredJob:
        """Return the job of a run. Raises ``JobConfigurationError``, ``JobStartError``."""
        client, deployment, deployment_id = self._client, None, run.deployment_id
        pool = await self._once("work pool", self._pool, lambda: client.read_work_pool(self._pool))
        if deployment_id is not None:
            deployment = await self._once(
                "deployment", deployment_id, lambda: client.read_deployment(deployment_id)
            )
        return configure_job(run, deployment, pool, api_url=client.api_url)

    async def _once(self, kind: str, key: object, read: Callable[[], Coroutine[Any, Any, Thing]]) -> Thing:
        async with self._reading:
            if key not in self._read:
                self._read[key] = await self._answer(kind, read)
            thing: Thing = self._read[key]
            return thing

    async def _answer(self, kind: str, read: Callable[[], Coroutine[Any, Any, Thing]]) -> Thing:
        try:
            return await self._contact.until_answered(read, give_up=self._give_up)
        except ServerUnavailable:
            raise
        except NotFound as error:
            raise JobConfigurationError(f"The {kind} of this run has been deleted.") from error
        except ApiError as error:
            raise JobStartError(f"The {kind} of this run could not be read: {error.message}") from error
