"""``python -m benchmarks``: see ``--help``."""

import asyncio
import signal
import sys
from functools import partial

import uvloop

from benchmarks import arguments, page, program


async def main(words: list[str]) -> None:
    """Measure, and write the page if asked to; a SIGTERM ends it like Ctrl-C, with nothing left behind."""
    asked = arguments.read(words)
    keep = partial(page.write, arguments=asked) if asked.writes_docs else lambda _: None
    measuring = asyncio.ensure_future(program.run(asked, keep))
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, measuring.cancel)
    try:
        await measuring
    except asyncio.CancelledError:
        sys.exit("Stopped before the end.")


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1:]))
