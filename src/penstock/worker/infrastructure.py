"""Telling the server on which machine and under which process id a job runs."""

import asyncio
import socket
from uuid import UUID

from penstock.client import ApiError, PenstockClient
from penstock.schemas.actions import FlowRunUpdate
from penstock.worker.contact import ServerContact
from penstock.worker.environment import FLOW_RUN_ID
from penstock.worker.runners import Job, JobOutput, JobPlan, Runner


def host_name() -> str:
    """Return the name under which the jobs of this machine are known."""
    return socket.gethostname()


class NamingRunner:
    """Starts jobs by another runner and has the server note where each of them is.

    So whatever becomes of this worker, the job can be found and ended. The job does not wait for it.
    """

    def __init__(
        self, runner: Runner, client: PenstockClient, contact: ServerContact, give_up: asyncio.Event
    ) -> None:
        self._runner = runner
        self._client = client
        self._contact = contact
        self._give_up = give_up
        self._notes: dict[str, asyncio.Task[None]] = {}

    async def start(self, plan: JobPlan, output: JobOutput) -> Job:
        """Start a job. Raises ``JobStartError``."""
        job = await self._runner.start(plan, output)
        run_id = plan.environment.get(FLOW_RUN_ID)
        if run_id is not None:
            self._begin_note(run_id, f"{host_name()}:{job.pid}")
        return job

    def _begin_note(self, run_id: str, infrastructure_pid: str) -> None:
        """Only the last start of a run is worth noting: what is still on its way is called off."""
        earlier = self._notes.get(run_id)
        if earlier is not None:
            earlier.cancel()
        note = asyncio.create_task(self._note(run_id, infrastructure_pid))
        self._notes[run_id] = note
        note.add_done_callback(lambda _: self._forget(run_id, note))

    def _forget(self, run_id: str, note: asyncio.Task[None]) -> None:
        if self._notes.get(run_id) is note:
            del self._notes[run_id]

    async def _note(self, run_id: str, infrastructure_pid: str) -> None:
        try:
            update = FlowRunUpdate(infrastructure_pid=infrastructure_pid)
            await self._contact.until_answered(
                lambda: self._client.update_flow_run(UUID(run_id), update), give_up=self._give_up
            )
        except ValueError:
            return
        except ApiError as error:
            self._contact.refused("the place of a job cannot be noted", error)
