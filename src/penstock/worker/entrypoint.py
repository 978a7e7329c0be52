"""The child side of an entrypoint: ``python -m penstock.worker.entrypoint path/to/file.py:function``.

Loads the file, and calls the function with the parameters that stand as one JSON object in the variable
PENSTOCK_PARAMETERS or, where that is not set (it may be too long), on standard input. Exit code 0 when it
returns, 1 when it raises or cannot be called.

Standard library only: the worker starts this file by its path, so that a job does not pay for the import of
a server.
"""

import asyncio
import importlib.util
import inspect
import json
import logging
import os
import sys
import traceback
from collections.abc import Awaitable, Callable, Mapping
from functools import reduce
from pathlib import Path
from types import ModuleType
from typing import Any

Function = Callable[..., Any]


class CannotCallError(Exception):
    """The function cannot be called at all; the message is one sentence."""


def main(arguments: list[str]) -> int:
    """Call the entrypoint named by the one argument and return the exit code."""
    if len(arguments) != 1:
        return _refuse("Give one entrypoint, as path/to/file.py:function.")
    try:
        parameters = read_parameters()
        file, name = split(arguments[0])
        function = find_function(load_module(file), name)
        check_parameters(function, name, parameters)
        call(function, parameters)
    except CannotCallError as error:
        return _refuse(str(error))
    except Exception as error:  # noqa: BLE001 - whatever the user's code raises is shown to the user
        _print_traceback(error)
        return 1
    return 0


def read_parameters() -> dict[str, Any]:
    """Return the parameters of the run."""
    text = os.environ.get("PENSTOCK_PARAMETERS")
    if text is None:
        text = "" if sys.stdin is None or sys.stdin.isatty() else sys.stdin.read()
    try:
        parameters = json.loads(text.strip() or "{}")
    except ValueError as error:
        raise CannotCallError(f"The parameters are not JSON: {error}.") from error
    if not isinstance(parameters, dict):
        raise CannotCallError("The parameters have to be one JSON object.")
    return parameters


def split(entrypoint: str) -> tuple[Path, str]:
    """Return the file and the function of an entrypoint."""
    file, separator, name = entrypoint.rpartition(":")
    if not separator or not file or not name:
        raise CannotCallError(f"'{entrypoint}' does not have the form path/to/file.py:function.")
    path = Path(file).absolute()
    if not path.is_file():
        raise CannotCallError(f"The file '{file}' does not exist in {Path.cwd()}.")
    return path, name


def load_module(file: Path) -> ModuleType:
    """Import a file, with its folder and the current folder first on the import path.

    Plain ``logging`` shows INFO and above on standard error unless the file sets it up itself.
    """
    sys.path[:0] = [str(file.parent), str(Path.cwd())]
    name = file.stem if file.stem not in sys.modules else f"penstock_entrypoint_{file.stem}"
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise CannotCallError(f"'{file}' is not a Python file.")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    return module


def find_function(module: ModuleType, name: str) -> Function:
    """Return the function of that name, which may be dotted (``Class.method``)."""
    try:
        found = reduce(getattr, name.split("."), module)
    except AttributeError:
        known = sorted(key for key, value in vars(module).items() if inspect.isfunction(value))
        there = f" It has: {', '.join(known)}." if known else ""
        raise CannotCallError(f"'{module.__file__}' has no function '{name}'.{there}") from None
    if not callable(found):
        raise CannotCallError(f"'{name}' in '{module.__file__}' is not a function.")
    function: Function = found
    return function


def check_parameters(function: Function, name: str, parameters: Mapping[str, Any]) -> None:
    """Raise when the function cannot take these parameters."""
    try:
        signature = inspect.signature(function)
    except ValueError:
        return
    try:
        signature.bind(**parameters)
    except TypeError as error:
        given = ", ".join(sorted(parameters)) or "none"
        raise CannotCallError(
            f"The parameters do not fit {name}{signature}: {error}. Parameters of the run: {given}."
        ) from error


def call(function: Function, parameters: Mapping[str, Any]) -> None:
    """Call a function and, when it is async, wait for its end."""
    result = function(**parameters)
    if inspect.isawaitable(result):
        asyncio.run(_finish(result))


async def _finish(work: Awaitable[Any]) -> None:
    await work


def _refuse(sentence: str) -> int:
    print(sentence, file=sys.stderr)  # noqa: T201 - standard error is how this program speaks
    return 1


def _print_traceback(error: BaseException) -> None:
    frames = error.__traceback__
    while frames is not None and _is_ours(frames.tb_frame.f_code.co_filename):
        frames = frames.tb_next
    traceback.print_exception(type(error), error, frames)


def _is_ours(file: str) -> bool:
    return file == __file__ or file.startswith("<frozen importlib")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
