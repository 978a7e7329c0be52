"""The processes of the demo. Each is ended by its own process id, whatever happens."""

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any

PENSTOCK = Path(sys.executable).parent / "penstock"
START_SECONDS = 30
STOP_SECONDS = 8


class DemoFailed(Exception):
    """The demo cannot go on; the message says why."""


class Processes:
    """Child processes with a log file each; ``end`` stops the youngest first."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._environment = clean_environment(folder)
        self._children: list[tuple[str, asyncio.subprocess.Process]] = []

    def log_of(self, name: str) -> Path:
        """Return the file with what the process wrote on stderr."""
        return self._folder / f"{name}.log"

    async def start(self, name: str, *arguments: str, **environment: str) -> asyncio.subprocess.Process:
        """Start ``penstock`` with the arguments, in a session of its own: Ctrl-C reaches only the demo."""
        with self.log_of(name).open("wb") as log:
            process = await asyncio.create_subprocess_exec(
                str(PENSTOCK),
                *arguments,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
                env={**self._environment, **environment},
                start_new_session=True,
            )
        self._children.append((name, process))
        return process

    async def start_and_read(self, name: str, *arguments: str, **environment: str) -> dict[str, Any]:
        """Start a process that stays, and return the JSON document it prints once it is ready."""
        process = await self.start(name, *arguments, "--json", **environment)
        assert process.stdout is not None
        try:
            line = await asyncio.wait_for(process.stdout.readline(), START_SECONDS)
            document: dict[str, Any] = json.loads(line)
        except (TimeoutError, ValueError) as error:
            raise DemoFailed(f"'{name}' did not start. {self._last_words(name)}") from error
        if "error" in document:
            raise DemoFailed(f"'{name}' did not start: {document['error']}")
        return document

    async def run(self, *arguments: str, **environment: str) -> None:
        """Run one command to its end."""
        process = await self.start("command", *arguments, **environment)
        output, _ = await process.communicate()
        if process.returncode != 0:
            raise DemoFailed(
                f"penstock {' '.join(arguments)} failed. {output.decode()} {self._last_words('command')}"
            )

    def check_alive(self, *names: str) -> None:
        """Raise when one of the processes has ended by itself."""
        for name, process in self._children:
            if name in names and process.returncode is not None:
                raise DemoFailed(
                    f"'{name}' ended by itself (exit code {process.returncode}). {self._last_words(name)}"
                )

    async def end(self) -> None:
        """Ask each process to stop, then insist, then kill it."""
        for _, process in reversed(self._children):
            for signal_it in (process.terminate, process.terminate, process.kill):
                if process.returncode is not None:
                    break
                try:
                    signal_it()
                    await asyncio.wait_for(process.wait(), STOP_SECONDS)
                except (TimeoutError, ProcessLookupError):
                    continue

    def _last_words(self, name: str) -> str:
        lines = self.log_of(name).read_text(errors="replace").strip().splitlines()
        return f"Its last words: {lines[-1]}" if lines else "It said nothing."


def clean_environment(home: Path) -> dict[str, str]:
    """Return the environment without the caller's own Penstock settings, our Python first on the path."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PENSTOCK_")}
    return {
        **kept,
        "PATH": f"{PENSTOCK.parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
        "PENSTOCK_HOME": str(home),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
