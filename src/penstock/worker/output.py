"""What a job writes, line by line."""

import codecs
from collections import deque

from penstock.worker.levels import INFO, level_of_error_output
from penstock.worker.logs import RunLog

LONGEST_LINE = 32_768
"""Characters; what is longer becomes several lines."""

_TAIL_LINES = 10
_TAIL_LINE_CHARACTERS = 300


class LineSplitter:
    """Makes lines of text out of chunks of bytes; bytes that are no UTF-8 become replacement characters."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._rest = ""

    def feed(self, chunk: bytes, *, final: bool = False) -> list[str]:
        """Return the lines that are complete now, without their ends; with ``final`` also the last one."""
        *lines, self._rest = (self._rest + self._decoder.decode(chunk, final)).split("\n")
        while len(self._rest) > LONGEST_LINE:
            lines.append(self._rest[:LONGEST_LINE])
            self._rest = self._rest[LONGEST_LINE:]
        if final and self._rest:
            lines.append(self._rest)
            self._rest = ""
        return [piece for line in lines for piece in _storable(line)]


class RunOutput:
    """Passes the lines of a job on to the log of its run, and remembers the last ones."""

    def __init__(self, run_log: RunLog, *, is_logged: bool = True) -> None:
        self._run_log = run_log
        self._is_logged = is_logged
        self._tail: deque[str] = deque(maxlen=_TAIL_LINES)

    async def write_stdout(self, line: str) -> None:
        """Take a line of standard output."""
        await self._write("stdout", INFO, line)

    async def write_stderr(self, line: str) -> None:
        """Take a line of standard error."""
        await self._write("stderr", level_of_error_output(line), line)

    @property
    def tail(self) -> str:
        """The last lines that were not empty, cut where they are long."""
        return "\n".join(self._tail)

    async def _write(self, name: str, level: int, line: str) -> None:
        if line.strip():
            self._tail.append(line[:_TAIL_LINE_CHARACTERS])
        if self._is_logged:
            await self._run_log.write(name, level, line)


def _storable(line: str) -> list[str]:
    text = line.rstrip("\r").replace("\x00", "")
    return [text[start : start + LONGEST_LINE] for start in range(0, max(1, len(text)), LONGEST_LINE)]
