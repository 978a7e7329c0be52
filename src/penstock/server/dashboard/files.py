"""The built files, read once and kept: a browser is answered from memory."""

import gzip
import hashlib
import mimetypes
from dataclasses import dataclass
from pathlib import Path

BUILT = Path(__file__).parent / "built"
INDEX = "index.html"
HASHED = "assets/"
"""Files of this folder have a hash in their names: what a name stands for never changes."""

COMPRESSED_FROM_BYTES = 500
WITH_WORDS = ("text/", "application/json", "image/svg")

# A machine's own tables may lack these or know them by other names.
MEDIA_TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".html": "text/html"}


@dataclass(frozen=True, slots=True)
class File:
    """A file with what its answer says about it; ``compressed`` is None where gzip would gain nothing."""

    content: bytes
    compressed: bytes | None
    media_type: str
    etag: str
    is_immutable: bool


def read_files(folder: Path) -> dict[str, File]:
    """Return the files by their path in the folder; none when the dashboard is not built."""
    if not (folder / INDEX).is_file():
        return {}
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): _read(path, folder) for path in paths}


def _read(path: Path, folder: Path) -> File:
    content = path.read_bytes()
    media_type = MEDIA_TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0]
    media_type = media_type or "application/octet-stream"
    has_words = media_type.startswith(WITH_WORDS) and len(content) >= COMPRESSED_FROM_BYTES
    return File(
        content=content,
        compressed=gzip.compress(content, mtime=0) if has_words else None,
        media_type=f"{media_type}; charset=utf-8" if media_type.startswith("text/") else media_type,
        etag=f'W/"{hashlib.sha256(content).hexdigest()[:32]}"',
        is_immutable=path.relative_to(folder).as_posix().startswith(HASHED),
    )
