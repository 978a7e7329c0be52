"""``penstock server ls``."""

from penstock.cli.connection import connect
from penstock.cli.context import Options
from penstock.cli.render import print_json, print_table, state
from penstock.schemas.responses import KnownServer


async def ls(*, options: Options = Options()) -> None:
    """List the servers of the database, the living first; a server that stops takes itself off the list."""
    async with connect(options) as client:
        servers = await client.read_servers()
    if options.json:
        print_json(servers)
        return
    rows = [
        (
            server.host,
            server.process_id,
            state("ONLINE" if server.is_alive else "OFFLINE"),
            server.version,
            server.started_at,
            server.last_seen,
            _services(server),
        )
        for server in servers
    ]
    print_table(
        ("HOST", "PROCESS", "STATUS", "VERSION", "STARTED", "LAST SEEN", "SERVICES"),
        rows,
        empty="No server has entered itself yet; each does so within seconds of its start.",
    )


def _services(server: KnownServer) -> str:
    """Say how many of the server's services run in it, and which of them failed last time."""
    running = [one for one in server.services if one.is_enabled]
    failed = ", ".join(one.name for one in running if one.last_error)
    return f"{len(running)} of {len(server.services)}" + (f"; failed: {failed}" if failed else "")
