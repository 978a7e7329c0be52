"""``penstock server``: the server process, and the servers of a database."""

import json
import os
from typing import Annotated

from cyclopts import App, Parameter
from fastapi import FastAPI

from penstock.cli.context import Output, read_settings
from penstock.cli.serving import serve
from penstock.settings import ServerSettings

app = App(name="server", help="Start and list servers.")
# By its name: a server has no use for the client and the tables that a list is made with.
app.command(
    "penstock.cli.commands.server_list:ls",
    name="ls",
    help="List the servers of the database, the living first; a server that stops takes itself off the list.",
)

ANY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}  # noqa: S104 - shown, not listened on


@app.command
def start(
    *,
    host: str | None = None,
    port: int | None = None,
    database_url: Annotated[str | None, Parameter(name="--database-url")] = None,
    log_level: str | None = None,
    output: Output = Output(),
) -> None:
    """Start the server and serve until Ctrl-C.

    Parameters
    ----------
    host
        Address to listen on; else PENSTOCK_HOST, else 127.0.0.1.
    port
        Port to listen on, 0 for a free one; else PENSTOCK_PORT, else 4200.
    database_url
        SQLAlchemy address of the database; else PENSTOCK_DATABASE_URL, else a SQLite file in PENSTOCK_HOME.
    log_level
        debug, info, warning or error; else PENSTOCK_LOG_LEVEL, else info.
    """
    settings = read_settings(
        ServerSettings, host=host, port=port, database_url=database_url, log_level=log_level
    )

    def announce(actual_port: int, served: FastAPI) -> None:
        shown_host = ANY_ADDRESS.get(settings.host, settings.host)
        if ":" in shown_host:
            shown_host = f"[{shown_host}]"
        address = f"http://{shown_host}:{actual_port}"
        facts = {
            "api_url": f"{address}/api",
            "dashboard_url": address,
            "docs_url": f"{address}{served.docs_url or '/docs'}",
            "database_url": served.state.db.display_url,
            "pid": os.getpid(),
        }
        if output.json:
            print(json.dumps(facts), flush=True)
            return
        print(
            f"Penstock server is ready (Ctrl-C stops it).\n"
            f"  Dashboard {facts['dashboard_url']}\n"
            f"  API       {facts['api_url']}\n"
            f"  Docs      {facts['docs_url']}\n"
            f"  Database  {facts['database_url']}",
            flush=True,
        )

    serve(settings, announce)
