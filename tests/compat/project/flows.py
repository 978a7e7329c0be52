"""Flows as a user of Prefect writes them."""

import time
from datetime import timedelta
from pathlib import Path

from prefect import flow, get_run_logger, pause_flow_run, suspend_flow_run, task
from prefect.artifacts import create_markdown_artifact
from prefect.concurrency.sync import concurrency, rate_limit
from prefect.runtime import flow_run
from prefect.variables import Variable


@task
def add(a: int, b: int) -> int:
    return a + b


@flow(log_prints=True)
def total(n: int = 3) -> int:
    get_run_logger().info("adding up to %d", n)
    result = 0
    for number in range(n):
        result = add(result, number)
    print("the total is", result)
    return result


@flow
def failing() -> None:
    raise ValueError("this flow always fails")


@flow(retries=2, retry_delay_seconds=1)
def flaky() -> str:
    if flow_run.run_count < 2:
        raise ValueError("not at the first try")
    return "done"


@flow
def parent() -> int:
    return total(2) + total(4)


@flow
def slow(seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        time.sleep(0.2)


@flow
def short(seconds: float = 0.5) -> None:
    time.sleep(seconds)


@flow
def marking(path: str, seconds: float = 10) -> None:
    with Path(path).open("a") as file:
        file.write("began\n")
    slow.fn(seconds)
    with Path(path).open("a") as file:
        file.write("ended\n")


@flow
def waiting() -> str:
    pause_flow_run(timeout=60, poll_interval=1)
    return "went on"


@flow
def suspending() -> str:
    suspend_flow_run(timeout=120)
    return "went on"


@flow
def limited() -> None:
    with concurrency("compat-limit", occupy=1, timeout_seconds=30):
        time.sleep(0.2)
    rate_limit("compat-rate")


@flow
def publishing() -> None:
    create_markdown_artifact(key="compat-report", markdown="# Report", description="made by a flow")
    Variable.set("compat_from_flow", {"made": "by a flow"}, overwrite=True)


@flow
def ticking() -> None:
    get_run_logger().info("tick")


if __name__ == "__main__":
    import sys

    if sys.argv[1:] == ["serve"]:
        ticking.serve(name="served", interval=timedelta(seconds=2), limit=1, print_starting_message=False)
    else:
        total(5)
