"""What every command needs: the shared flags, settings, and confirmation."""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, TypeVar

from cyclopts import Parameter
from pydantic import ValidationError
from pydantic_settings import BaseSettings

from penstock.cli.errors import CommandFailed, usage
from penstock.settings import ClientSettings

Settings = TypeVar("Settings", bound=BaseSettings)


@Parameter(name="*")
@dataclass(frozen=True, slots=True)
class Output:
    """The flag that every command has."""

    json: Annotated[
        bool,
        Parameter(
            name="--json",
            negative="",
            show_default=False,
            help="Print one JSON document on stdout and nothing else.",
        ),
    ] = False


@Parameter(name="*")
@dataclass(frozen=True, slots=True)
class Options(Output):
    """The flags of every command that talks to a server."""

    api_url: Annotated[
        str | None,
        Parameter(name="--api-url", help="Address of the server's API; else PENSTOCK_API_URL."),
    ] = None

    def server_address(self) -> str:
        """Return the API address to use: the flag, else the setting."""
        return self.api_url or read_settings(ClientSettings).api_url


def read_settings(kind: type[Settings], **given: Any) -> Settings:
    """Return settings from the environment, with the given values on top; ``None`` means not given.

    Raises ``CommandFailed`` naming the first bad value.
    """
    values = {name: value for name, value in given.items() if value is not None}
    try:
        return kind(**values)
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0]) if first["loc"] else "settings"
        variable = f"{kind.model_config.get('env_prefix', '')}{name}".upper()
        source = f"--{name.replace('_', '-')}" if name in values else variable
        raise usage(f"{source} is not usable: {first['msg']}.") from error


def shown(word: str) -> str:
    """Return the word as it has to be typed in a shell."""
    return word if word and all(letter.isalnum() or letter in "-_.:/" for letter in word) else f"'{word}'"


def validation_sentence(error: ValidationError) -> str:
    """Return the first complaint of a validation as one sentence that names the field."""
    first = error.errors()[0]
    field = ".".join(str(part) for part in first["loc"])
    reason = first["msg"].removeprefix("Value error, ").rstrip(".")
    return f"{field}: {reason}." if field else f"{capitalized(reason)}."


def capitalized(words: str) -> str:
    """Return words as a sentence begins; the letters of names in them stay."""
    return words[:1].upper() + words[1:]


def confirm_delete(what: str, *, yes: bool) -> None:
    """Ask before something is deleted; without a terminal ``--yes`` is required."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise usage(f"Deleting {what} needs a confirmation. Without a terminal, add --yes.")
    sys.stderr.write(f"Delete {what}? [y/N] ")
    sys.stderr.flush()
    if sys.stdin.readline().strip().lower() not in {"y", "yes"}:
        raise CommandFailed("Nothing was deleted.")


def current_folder() -> str:
    """Return the absolute path of the folder the command was called in."""
    return str(Path.cwd())
