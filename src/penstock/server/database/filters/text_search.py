"""The words of a text search (orchestration.md 4.1)."""

import re
from dataclasses import dataclass, field

_TERM = re.compile(r'([+!-]?)(?:"([^"]*)"|(\S+))')


@dataclass(frozen=True, slots=True)
class TextQuery:
    """Terms of which at least one, all, or none must be there."""

    wanted: list[str] = field(default_factory=list)
    required: list[str] = field(default_factory=list)
    excluded: list[str] = field(default_factory=list)


def parse_text_query(query: str) -> TextQuery:
    """Return the terms: ``+`` requires, ``-`` or ``!`` excludes, quotes hold words together."""
    parsed = TextQuery()
    by_sign = {"": parsed.wanted, "+": parsed.required, "-": parsed.excluded, "!": parsed.excluded}
    for sign, phrase, word in _TERM.findall(query):
        if term := phrase or word:
            by_sign[sign].append(term)
    return parsed
