"""Real workers of both sides with a deployment whose job writes down when it began."""

import asyncio
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from shlex import quote

from benchmarks import peer
from benchmarks.processes import ProcessTree
from benchmarks.scenes import FLOW
from benchmarks.servers import PENSTOCK, Server
from benchmarks.wire import UnexpectedAnswerError
from penstock.schemas.job_templates import default_base_job_template

POOL = "real"
READY_SECONDS = 60
_LOOK_SECONDS = 0.2
_FLOW = """
import time

from prefect import flow


@flow
def no_op() -> None:
    with open({path!r}, "a") as file:
        print(time.time(), file=file)
"""


class WorkerDidNotStartError(Exception):
    """A worker has not registered in time."""


@dataclass(frozen=True)
class RealWorker:
    server: Server
    deployment_id: str
    lines: Path
    """The file to which each run of the deployment adds the second in which it began."""


@asynccontextmanager
async def working(server: Server, folder: Path) -> AsyncIterator[RealWorker]:
    """Start a worker as its users do, with no setting but the address of its server."""
    folder.mkdir()
    lines = folder / "lines"
    lines.touch()
    if server.is_ours:
        body = {"name": POOL, "type": "process", "base_job_template": default_base_job_template("process")}
        await server.call("POST", "/work_pools/", body)
    with (folder / "worker.log").open("wb") as log:
        process = subprocess.Popen(
            _command(server),
            env={**server.environment, "PENSTOCK_API_URL": server.api_url, "PREFECT_API_URL": server.api_url},
            stdout=log,
            stderr=subprocess.STDOUT,
            cwd=folder,
        )
    tree = ProcessTree(process)
    try:
        await _wait_until_registered(server)
        yield RealWorker(server, await _deploy(server, folder, lines), lines)
    finally:
        tree.stop()


def _command(server: Server) -> list[str]:
    if server.is_ours:
        return [str(PENSTOCK), "worker", "start", "--pool", POOL, "--name", "bench"]
    return [str(peer.PREFECT), "worker", "start", "--pool", POOL, "--type", "process", "--name", "bench"]


async def _wait_until_registered(server: Server) -> None:
    for _ in range(int(READY_SECONDS / _LOOK_SECONDS)):
        try:
            if await server.call("POST", f"/work_pools/{POOL}/workers/filter", {}):
                return
        except UnexpectedAnswerError:
            # The peer's worker makes the pool itself.
            pass
        await asyncio.sleep(_LOOK_SECONDS)
    raise WorkerDidNotStartError(f"{server.name}'s worker did not register within {READY_SECONDS} s.")


async def _deploy(server: Server, folder: Path, lines: Path) -> str:
    flow = await server.call("POST", "/flows/", {"name": FLOW})
    body: dict[str, object] = {
        "name": POOL,
        "flow_id": flow["id"],
        "work_pool_name": POOL,
        "path": str(folder),
        "enforce_parameter_schema": False,
    }
    if server.is_ours:
        body["job_variables"] = {"command": f"date +%s.%N >> {quote(str(lines))}"}
    else:
        (folder / "jobs.py").write_text(_FLOW.format(path=str(lines)))
        body["entrypoint"] = "jobs.py:no_op"
    return str((await server.call("POST", "/deployments/", body))["id"])
