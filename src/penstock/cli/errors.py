"""How a command says that it did not do what was asked."""


class CommandFailed(Exception):
    """A command stops here; the message is one sentence for a person, with the way on where there is one.

    ``exit_code`` is 1 for failed, not found or refused, and 2 for a command line that cannot be understood.
    """

    def __init__(self, message: str, *, exit_code: int = 1) -> None:
        super().__init__(message)
        self.exit_code = exit_code


def usage(message: str) -> CommandFailed:
    """Return the failure for a value on the command line that cannot be understood (exit code 2)."""
    return CommandFailed(message, exit_code=2)
