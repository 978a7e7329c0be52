"""The console script: the list of commands, and how failures become exit codes."""

import gc
import json
import os
import sys
from collections.abc import Sequence
from importlib import import_module

from cyclopts import App, CycloptsError

from penstock import __version__
from penstock.cli.errors import CommandFailed

app = App(
    name="penstock",
    help="Work pools, work queues and workers: runs handed out by priority, within limits that hold.",
    help_epilogue="Every command knows --help and --json. PENSTOCK_API_URL says where the server is.",
    version=__version__,
    suppress_keyboard_interrupt=False,
)

_COMMANDS = {
    "server": "Start and list servers.",
    "pool": "Create, change and inspect work pools.",
    "queue": "Create, change and inspect the work queues of a pool.",
    "worker": "Start, list and drain workers.",
    "deploy": "Deploy a command or a Python function, or everything in a penstock.yaml.",
    "deployment": "List, inspect, schedule and delete deployments.",
    "run": "Create, follow and cancel runs.",
    "doctor": "Check that everything in the server's database holds.",
    "dead-letter": "See to jobs that could not be ended.",
    "version": "Show the version.",
}


def _module(name: str) -> str:
    return f"penstock.cli.commands.{name.replace('-', '_')}"


for _name, _help in _COMMANDS.items():
    app.command(f"{_module(_name)}:app", name=_name, help=_help)


NEW_OBJECTS_BEFORE_A_COLLECTION = 20_000
"""Of the thousands of objects of a request for many runs nearly all go without the collector's help. By
its defaults it took a fifth of a server's work."""


def run(arguments: Sequence[str]) -> int:
    """Run one command line and return its exit code: 0 done, 1 failed or refused, 2 not understood."""
    as_json = "--json" in arguments
    try:
        code = app(arguments, exit_on_error=False, print_error=False, result_action="return_value")
    except CommandFailed as error:
        return _report(str(error), error.exit_code, as_json=as_json)
    except CycloptsError as error:
        sentence = " ".join(str(error).split())
        return _report(f"{sentence} See: penstock {_path(error)}--help", 2, as_json=as_json)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return code if isinstance(code, int) else 0


def main() -> None:
    """Entry point of the console script."""
    _load(sys.argv[1:2])
    gc.set_threshold(NEW_OBJECTS_BEFORE_A_COLLECTION)
    sys.exit(run(sys.argv[1:]))


def _load(names: Sequence[str]) -> None:
    """Import a command's module before it is asked for, without the collector: what is imported stays."""
    gc.disable()
    if "server" in names:
        # FastAPI asks of every field whether it is a model of pydantic's first version. In this process none
        # is, and to load that version for the question takes 2 MB and a thirtieth of the start.
        sys.modules.setdefault("pydantic.v1", None)  # type: ignore[arg-type]
    for name in names:
        if name in _COMMANDS:
            import_module(_module(name))
    gc.freeze()
    gc.enable()


def _report(message: str, exit_code: int, *, as_json: bool) -> int:
    if as_json:
        print(json.dumps({"error": message, "exit_code": exit_code}, ensure_ascii=False))
    else:
        print(f"Error: {message}", file=sys.stderr)
    return exit_code


def _path(error: CycloptsError) -> str:
    return "".join(f"{name} " for name in error.command_chain or ())
