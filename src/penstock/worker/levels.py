"""How serious a line is."""

import logging
import re

DEBUG = logging.DEBUG
INFO = logging.INFO
WARNING = logging.WARNING
ERROR = logging.ERROR
CRITICAL = logging.CRITICAL

_WORDS = {
    "TRACE": DEBUG,
    "DEBUG": DEBUG,
    "INFO": INFO,
    "NOTICE": INFO,
    "WARN": WARNING,
    "WARNING": WARNING,
    "ERROR": ERROR,
    "CRITICAL": CRITICAL,
    "FATAL": CRITICAL,
}
_LEADING_WORD = re.compile(rf"[\s\d\[\(<|:.,+TZ/-]*({'|'.join(_WORDS)})\b")
_LOOKED_AT = 80


def level_of_error_output(line: str) -> int:
    """Return the level of a line on standard error: what its first word says, else ERROR.

    Many programs write their whole log there, so ``INFO: done`` or ``2024-03-11 08:00:00 [debug] x`` is not
    an error; a plain line or a traceback is.
    """
    found = _LEADING_WORD.match(line[:_LOOKED_AT].upper())
    return _WORDS[found[1]] if found else ERROR
