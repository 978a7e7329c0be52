"""Links between the documents lead somewhere."""

import re
from pathlib import Path
from urllib.parse import unquote

from tests.house.files import ROOT, read, relative, text_files

LINK = re.compile(r"!?\[[^\]]*\]\(\s*<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\s*\)")
CODE = re.compile(r"^(```|~~~).*?^\1[^\n]*$|`[^`\n]*`", re.MULTILINE | re.DOTALL)
HEADING = re.compile(r"^#{1,6}\s+(.+?)\s*#*$", re.MULTILINE)
ELSEWHERE = re.compile(r"^[a-z][a-z0-9+.-]*:", re.IGNORECASE)


def documents() -> list[Path]:
    return [path for path in text_files() if path.suffix == ".md"]


def links(document: Path) -> list[str]:
    return LINK.findall(CODE.sub("", read(document)))


def anchors(document: Path) -> set[str]:
    """Return the anchors of the headings, made the way that forges make them."""
    text = re.sub(r"^(```|~~~).*?^\1[^\n]*$", "", read(document), flags=re.MULTILINE | re.DOTALL)
    found: set[str] = set()
    for heading in HEADING.findall(text):
        words = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower()
        slug = re.sub(r"[^\w\- ]", "", words).replace(" ", "-")
        number = 1
        unique = slug
        while unique in found:
            unique = f"{slug}-{number}"
            number += 1
        found.add(unique)
    return found


def fault(document: Path, link: str) -> str | None:
    place, _, anchor = unquote(link).partition("#")
    target = document if not place else (document.parent / place).resolve()
    if not target.exists():
        return f"{relative(document)}: {link} leads nowhere"
    if not target.is_relative_to(ROOT):
        return f"{relative(document)}: {link} leads out of the repository"
    if anchor and target.suffix == ".md" and anchor not in anchors(target):
        return f"{relative(document)}: {link} names no heading of {relative(target)}"
    return None


def test_links_resolve():
    faults = [
        fault(document, link)
        for document in documents()
        for link in links(document)
        if not ELSEWHERE.match(link)
    ]
    assert [found for found in faults if found] == []
