"""``penstock pool maintenance``: a whole pool out of service, and back."""

from penstock.cli.connection import connect, inside_pool
from penstock.cli.context import Options
from penstock.cli.errors import usage
from penstock.cli.flags import Switch
from penstock.cli.holding import held_words, until_free
from penstock.cli.render import print_json
from penstock.client import PenstockClient
from penstock.schemas.responses import HeldRuns


async def maintenance(
    name: str,
    /,
    *,
    reason: str | None = None,
    end: Switch = False,
    wait: Switch = False,
    options: Options = Options(),
) -> None:
    """Pause a work pool for maintenance and see what is still under way, or end the maintenance.

    Parameters
    ----------
    name
        Name of the pool.
    reason
        What for; everybody who looks at the pool sees it.
    end
        Hand out its runs again.
    wait
        Return only when nothing of the pool is under way any more.
    """
    if end == (reason is not None):
        raise usage("Give either --reason TEXT to begin, or --end.")
    if end and wait:
        raise usage("--wait goes with --reason: an end has nothing to wait for.")
    async with connect(options) as client, inside_pool(client, name):
        status = await (client.begin_maintenance(name, reason) if reason else client.end_maintenance(name))
        if wait:
            await until_free(lambda: _held_of(client, name), quiet=options.json)
            status = await client.read_maintenance(name)
    if options.json:
        print_json(status)
    elif end:
        print(f"Work pool '{name}' hands out its runs again.")
    else:
        print(
            f"Work pool '{name}' hands out nothing: {status.reason}. Under way: {held_words(status.held_by)}."
        )


async def _held_of(client: PenstockClient, pool: str) -> list[HeldRuns]:
    return (await client.read_maintenance(pool)).held_by
