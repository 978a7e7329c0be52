"""A real server on SQLite, real workers, real jobs, each in processes of their own."""

import asyncio
import os
import socket
import sys
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from pathlib import Path
from uuid import UUID, uuid4

from penstock.client import PenstockClient
from penstock.core.states import TERMINAL_STATES, StateType
from penstock.schemas.actions import DeploymentCreate, DeploymentFlowRunCreate, FlowCreate, WorkPoolCreate
from penstock.schemas.filters import LogFilter, LogFilterFlowRunId
from penstock.schemas.job_templates import default_base_job_template
from penstock.schemas.responses import FlowRunResponse

PENSTOCK = Path(sys.executable).parent / "penstock"
QUICK = {
    "PENSTOCK_WORKER_POLL_INTERVAL_SECONDS": "0.1",
    "PENSTOCK_WORKER_CANCEL_CHECK_SECONDS": "0.2",
    "PENSTOCK_WORKER_LOG_BATCH_SECONDS": "0.1",
    "PENSTOCK_WORKER_KILL_GRACE_SECONDS": "1",
}


async def until(condition: Callable[[], Awaitable[bool]], timeout_seconds: float = 90) -> None:
    async with asyncio.timeout(timeout_seconds):
        while not await condition():
            await asyncio.sleep(0.05)


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


class Site:
    """A server with one pool, and the processes around it; ``settings`` are for all of them."""

    def __init__(self, folder: Path, settings: Mapping[str, str] | None = None) -> None:
        self.folder = folder
        self.settings = settings or {}
        self.port = free_port()
        self.pool = "main"
        self.client = PenstockClient(f"http://127.0.0.1:{self.port}/api")
        self.server: asyncio.subprocess.Process | None = None
        self.processes: list[asyncio.subprocess.Process] = []

    async def start_server(self) -> None:
        self.server = await self.start("server", "start", "--port", str(self.port))
        await until(self.client.health)

    async def start_worker(
        self,
        *arguments: str,
        name: str = "w1",
        api_url: str | None = None,
        extra: Mapping[str, str] | None = None,
    ) -> asyncio.subprocess.Process:
        command = ("worker", "start", "--pool", self.pool, "--name", name, *arguments)
        process = await self.start(*command, api_url=api_url, log=name, extra=extra)
        await until(lambda: self.is_known(name))
        return process

    async def is_known(self, worker: str) -> bool:
        return worker in {each.name for each in await self.client.read_workers(self.pool)}

    async def create_pool(self, **changes: object) -> None:
        template = default_base_job_template("process")
        pool = WorkPoolCreate(name=self.pool, type="process", base_job_template=template, **changes)
        await self.client.create_work_pool(pool)

    async def deploy(self, command: str | None = None, **fields: object) -> UUID:
        flow = await self.client.create_flow(FlowCreate(name="flow"))
        variables = {"command": command} if command else {}
        deployment = DeploymentCreate(
            name=uuid4().hex,
            flow_id=flow.id,
            work_pool_name=self.pool,
            path=str(self.folder),
            job_variables=variables,
            enforce_parameter_schema=False,
            **fields,
        )
        return (await self.client.create_deployment(deployment)).id

    async def submit(self, deployment_id: UUID, **fields: object) -> UUID:
        request = DeploymentFlowRunCreate(**fields)
        return (await self.client.create_flow_run_from_deployment(deployment_id, request)).id

    async def ended(self, *run_ids: UUID) -> list[FlowRunResponse]:
        async def all_ended() -> bool:
            return all([await self._state(run_id) in TERMINAL_STATES for run_id in run_ids])

        await until(all_ended)
        return [await self.client.read_flow_run(run_id) for run_id in run_ids]

    async def until_state(self, run_id: UUID, state: StateType) -> None:
        async def is_there() -> bool:
            return await self._state(run_id) is state

        await until(is_there)

    async def until_line(self, run_id: UUID, line: str) -> None:
        async def is_logged() -> bool:
            return line in await self.lines(run_id)

        await until(is_logged)

    async def states(self, run_id: UUID) -> list[str]:
        return [state.type.value for state in await self.client.read_flow_run_states(run_id)]

    async def lines(self, run_id: UUID) -> list[str]:
        of_run = LogFilter(flow_run_id=LogFilterFlowRunId(any_=[run_id]))
        lines: list[str] = []
        while page := await self.client.read_logs(of_run, offset=len(lines)):
            lines += [line.message for line in page]
        return lines

    async def close(self) -> None:
        await self.client.close()
        for process in reversed(self.processes):
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()

    async def _state(self, run_id: UUID) -> StateType | None:
        return (await self.client.read_flow_run(run_id)).state_type

    def log_of(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text()

    async def start(
        self,
        *arguments: str,
        api_url: str | None = None,
        log: str | None = None,
        extra: Mapping[str, str] | None = None,
    ) -> asyncio.subprocess.Process:
        with (self.folder / f"{log or arguments[0]}.log").open("ab") as output:
            process = await asyncio.create_subprocess_exec(
                PENSTOCK,
                *arguments,
                env={
                    "PATH": os.environ["PATH"],
                    "PENSTOCK_HOME": str(self.folder / "home"),
                    "PENSTOCK_API_URL": api_url or self.client.api_url,
                    **QUICK,
                    **self.settings,
                    **(extra or {}),
                },
                stdout=output,
                stderr=output,
            )
        self.processes.append(process)
        return process
