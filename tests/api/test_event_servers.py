"""Several servers of one database: what one takes in is heard on the others."""

import asyncio

from tests.support.events import make_event
from tests.support.servers import running_server
from tests.support.sockets import prefect_socket, receive_names, send, subscribed


async def test_an_event_is_heard_on_another_server(database_url: str) -> None:
    async with running_server(database_url, processes=2) as servers:
        first, second = (f"{server.replace('http', 'ws', 1)}/api" for server in servers)
        asked = {"event": {"prefix": ["there."]}}
        async with subscribed(second, asked) as there, prefect_socket(first, "events/in") as here:
            for number in range(3):
                await send(here, make_event(f"there.{number}").model_dump_json())
                async with asyncio.timeout(10):
                    await (await here.ping())

                assert await receive_names(there, 1) == [f"there.{number}"]
