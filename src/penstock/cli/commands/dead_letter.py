"""``penstock dead-letter``: what could not be torn down."""

from typing import Annotated
from uuid import UUID

from cyclopts import App, Parameter

from penstock.cli.connection import connect
from penstock.cli.context import Options
from penstock.cli.errors import CommandFailed
from penstock.cli.flags import OptionalPool
from penstock.cli.paging import PAGE, all_pages
from penstock.cli.render import print_json, print_table, shortened
from penstock.client.errors import NotFound

app = App(name="dead-letter", help="See to jobs that may still run though their runs have ended.")

Id = Annotated[UUID, Parameter(negative="")]


@app.command
async def ls(*, pool: OptionalPool = None, options: Options = Options()) -> None:
    """List what could not be ended, the newest first.

    Parameters
    ----------
    pool
        Only of this work pool.
    """
    names = None if pool is None else [pool]
    async with connect(options) as client:
        found = await all_pages(lambda offset: client.read_dead_letters(names, limit=PAGE, offset=offset))
    if options.json:
        print_json(found)
        return
    rows = [
        (
            one.id,
            one.flow_run_id,
            one.work_pool_name,
            one.infrastructure_pid,
            one.attempts,
            one.dead_since,
            shortened(one.reason),
        )
        for one in found
    ]
    headers = ("DEAD LETTER", "RUN", "POOL", "INFRASTRUCTURE", "ATTEMPTS", "SINCE", "REASON")
    print_table(headers, rows, empty="There is nothing that could not be ended.")


@app.command
async def retry(dead_letter: Id, /, *, options: Options = Options()) -> None:
    """Let workers try again to end it.

    Parameters
    ----------
    dead_letter
        Its id.
    """
    async with connect(options) as client:
        try:
            await client.retry_dead_letter(dead_letter)
        except NotFound as error:
            raise _missing(dead_letter) from error
    if options.json:
        print_json({"retried": dead_letter})
    else:
        print(f"Workers of its machine try dead letter {dead_letter} again.")


@app.command
async def rm(dead_letter: Id, /, *, options: Options = Options()) -> None:
    """Take it off the list, once you have seen to it yourself.

    Parameters
    ----------
    dead_letter
        Its id.
    """
    async with connect(options) as client:
        try:
            await client.delete_dead_letter(dead_letter)
        except NotFound as error:
            raise _missing(dead_letter) from error
    if options.json:
        print_json({"deleted": dead_letter})
    else:
        print(f"Dead letter {dead_letter} is off the list.")


def _missing(dead_letter: UUID) -> CommandFailed:
    return CommandFailed(f"There is no dead letter {dead_letter}. List them with: penstock dead-letter ls")
