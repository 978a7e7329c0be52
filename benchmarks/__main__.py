"""``python -m benchmarks``: see ``--help``."""

import sys

import uvloop

from benchmarks import arguments, program


def main(words: list[str]) -> None:
    """Measure, and write the page if asked to."""
    asked = arguments.read(words)
    uvloop.run(program.run(asked))


if __name__ == "__main__":
    main(sys.argv[1:])
