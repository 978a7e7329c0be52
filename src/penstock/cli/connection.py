"""A connected client for commands that talk to a server, and what its refusals mean to a person."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from pydantic import ValidationError

from penstock.cli.context import Options, read_settings, shown, validation_sentence
from penstock.cli.errors import CommandFailed, usage
from penstock.client import PenstockClient
from penstock.client.errors import ApiError, NotFound, ServerUnavailable
from penstock.settings import ClientSettings


@asynccontextmanager
async def connect(options: Options) -> AsyncIterator[PenstockClient]:
    """Yield a client of the configured server, and turn everything it refuses into ``CommandFailed``."""
    address = options.server_address()
    timeout = read_settings(ClientSettings).api_timeout_seconds
    try:
        async with PenstockClient(address, timeout_seconds=timeout) as client:
            yield client
    except ServerUnavailable as error:
        raise CommandFailed(
            f"No server answers at {address}. Start one with: penstock server start "
            "(or point PENSTOCK_API_URL at yours)"
        ) from error
    except ApiError as error:
        raise CommandFailed(error.message) from error
    except ValidationError as error:
        raise usage(validation_sentence(error)) from error


@asynccontextmanager
async def inside_pool(client: PenstockClient, pool: str, queue: str | None = None) -> AsyncIterator[None]:
    """Explain a 404 of anything inside: whether the pool or the queue is missing, and how to create it."""
    try:
        yield
    except NotFound as missing:
        try:
            await client.read_work_pool(pool)
        except NotFound:
            raise no_pool(pool) from missing
        if queue is None:
            raise
        raise CommandFailed(
            f"Work pool '{pool}' has no queue '{queue}'. "
            f"Create it with: penstock queue create {shown(queue)} --pool {shown(pool)}"
        ) from missing


@asynccontextmanager
async def inside_worker(client: PenstockClient, pool: str, worker: str) -> AsyncIterator[None]:
    """Explain a 404 of a worker: whether the pool or the worker is missing."""
    try:
        async with inside_pool(client, pool):
            yield
    except NotFound as missing:
        raise CommandFailed(
            f"Work pool '{pool}' has no worker '{worker}'. "
            f"List them with: penstock worker ls --pool {shown(pool)}"
        ) from missing


def no_pool(name: str) -> CommandFailed:
    """Return the failure for a work pool that does not exist."""
    return CommandFailed(
        f"There is no work pool '{name}'. Create it with: penstock pool create {shown(name)}"
    )
