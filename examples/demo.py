"""Penstock at work, in half a minute: a server, two workers, three queues and forty real runs.

    make demo            or    .venv/bin/python examples/demo.py [--keep]

Everything lives in a temporary folder and ends with the demo; ``--keep`` leaves the server up until Ctrl-C.
"""

import argparse
import asyncio
import contextlib
import signal
import sys
import tempfile
import time
from pathlib import Path

from rich.console import Console
from showcase.plan import BULK_LIMIT, POOL, POOL_LIMIT, PlannedRun, planned_runs
from showcase.processes import DemoFailed, Processes
from showcase.report import report
from showcase.screen import Screen
from showcase.watching import Peaks, Snapshot, look

from penstock.client import PenstockClient
from penstock.schemas.actions import DeploymentFlowRunCreate, WorkPoolCreate, WorkQueueCreate
from penstock.schemas.job_templates import default_base_job_template

EXAMPLES = Path(__file__).resolve().parent
WORKERS = ("worker-1", "worker-2")
PATIENCE_SECONDS = 180
LOOK_SECONDS = 0.3
PIPE_WIDTH = 140


async def demo(folder: Path, processes: Processes, console: Console, *, keep: bool) -> int:
    """Run the whole demo and return its exit code."""
    console.print(f"[bold]1.[/] Starting a server on SQLite in {folder}")
    server = await processes.start_and_read("server", "server", "start", "--port", "0")
    address = server["api_url"]
    console.print(f"   It answers at {address} ; look at it at [bold]{server['dashboard_url']}[/]")
    async with PenstockClient(address) as client:
        await create_pool(client, console)
        console.print("[bold]3.[/] Deploying the jobs of examples/penstock.yaml")
        await processes.run("deploy", "-f", str(EXAMPLES / "penstock.yaml"), PENSTOCK_API_URL=address)
        planned = planned_runs()
        console.print(
            f"[bold]4.[/] Submitting {len(planned)} runs, the least urgent first; no worker is there yet"
        )
        await submit(client, planned)
        console.print(f"[bold]5.[/] Starting {len(WORKERS)} workers")
        for name in WORKERS:
            arguments = ("worker", "start", "--pool", POOL, "--name", name)
            await processes.start(name, *arguments, PENSTOCK_API_URL=address)
        peaks = Peaks()
        snapshot = await watch(client, processes, console, peaks)
        problems = await report(client, console, planned, snapshot, peaks)
        for problem in problems:
            console.print(f"[bold red]{problem}[/]")
        if keep:
            await stay(console, address)
        else:
            console.print(
                "Look further: [bold]make demo KEEP=1[/] leaves the server up; README.md has first steps."
            )
    return 1 if problems else 0


async def create_pool(client: PenstockClient, console: Console) -> None:
    """Create the pool and its three queues."""
    console.print(
        f"[bold]2.[/] Creating pool '{POOL}' (limit {POOL_LIMIT}) with the queues "
        f"critical (priority 1), default, and bulk (limit {BULK_LIMIT})"
    )
    template = default_base_job_template("process")
    await client.create_work_pool(
        WorkPoolCreate(name=POOL, type="process", concurrency_limit=POOL_LIMIT, base_job_template=template)
    )
    await client.create_work_queue(POOL, WorkQueueCreate(name="critical", priority=1))
    await client.create_work_queue(POOL, WorkQueueCreate(name="bulk", concurrency_limit=BULK_LIMIT))


async def submit(client: PenstockClient, planned: list[PlannedRun]) -> None:
    """Create the planned runs one after the other."""
    deployments = {deployment.name: deployment.id for deployment in await client.read_deployments()}
    for plan in planned:
        await client.create_flow_run_from_deployment(
            deployments[plan.deployment],
            DeploymentFlowRunCreate(name=plan.name, work_queue_name=plan.queue, parameters=plan.parameters),
        )


async def watch(client: PenstockClient, processes: Processes, console: Console, peaks: Peaks) -> Snapshot:
    """Show the runs until all have ended."""
    probing = asyncio.create_task(peaks.probe(client))
    deadline = time.monotonic() + PATIENCE_SECONDS
    try:
        with Screen(console) as screen:
            while True:
                snapshot = await look(client)
                done = len(snapshot.finished) == len(snapshot.runs)
                screen.show(snapshot, last=done)
                if done:
                    return snapshot
                processes.check_alive("server", *WORKERS)
                if time.monotonic() > deadline:
                    raise DemoFailed(f"Not all runs have ended after {PATIENCE_SECONDS} s.")
                await asyncio.sleep(LOOK_SECONDS)
    finally:
        probing.cancel()


async def stay(console: Console, address: str) -> None:
    """Say how to look further and leave everything up until Ctrl-C."""
    console.print("The server and the workers stay up until Ctrl-C. In another terminal:")
    console.print(f"   export PENSTOCK_API_URL={address}", highlight=False)
    for command in ("queue ls --pool demo", "run ls", "run logs RUN", "run create rivers/statistics --watch"):
        console.print(f"   .venv/bin/penstock {command}", highlight=False)
    with contextlib.suppress(asyncio.CancelledError):
        await asyncio.Event().wait()


async def main(*, keep: bool) -> int:
    """Run the demo in a temporary folder, and end every process it started."""
    console = Console(highlight=False, width=None if sys.stdout.isatty() else PIPE_WIDTH)
    task = asyncio.current_task()
    assert task is not None
    for number in (signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    with tempfile.TemporaryDirectory(prefix="penstock-demo-") as name:
        processes = Processes(Path(name))
        try:
            return await demo(Path(name), processes, console, keep=keep)
        except DemoFailed as error:
            console.print(f"[bold red]{error}[/]")
            return 1
        finally:
            await processes.end()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Show Penstock at work.")
    parser.add_argument("--keep", action="store_true", help="leave the server up until Ctrl-C")
    try:
        sys.exit(asyncio.run(main(keep=parser.parse_args().keep)))
    except (KeyboardInterrupt, asyncio.CancelledError):
        sys.exit(130)
