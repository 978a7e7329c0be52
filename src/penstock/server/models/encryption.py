"""Keeping secrets at rest: values encrypted with a key that the server makes for itself.

The key is in the table ``configuration``: whoever reads only the table of documents, a log or a
replica of it, reads no secrets.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from sqlalchemy.ext.asyncio import AsyncSession

from penstock.core.errors import ConflictError
from penstock.server.database.json import dump_json, load_json
from penstock.server.models import configurations

if TYPE_CHECKING:
    from cryptography.fernet import Fernet

ENCRYPTION_KEY = "ENCRYPTION_KEY"


async def encrypt(session: AsyncSession, value: Any) -> str:
    """Return a JSON value as an encrypted text; the first call of all makes the key."""
    stored = await configurations.read_configuration(session=session, key=ENCRYPTION_KEY)
    if stored is None:
        new = {"fernet_key": _fernet().Fernet.generate_key().decode()}
        stored = await configurations.ensure_configuration(session=session, key=ENCRYPTION_KEY, value=new)
    cipher: Fernet = _fernet().Fernet(stored["fernet_key"])
    return cipher.encrypt(dump_json(value).encode()).decode()


async def load_decrypter(session: AsyncSession) -> "Decrypter":
    """Read the key for decrypting any number of values."""
    stored = await configurations.read_configuration(session=session, key=ENCRYPTION_KEY)
    return Decrypter(_fernet().Fernet(stored["fernet_key"]) if stored else None)


class Decrypter:
    """Turns encrypted texts back into values."""

    def __init__(self, cipher: "Fernet | None") -> None:
        self._cipher = cipher

    def decrypt(self, text: str) -> Any:
        """Return the value.

        Raises:
            ConflictError: the text was encrypted with another key.
        """
        try:
            if self._cipher is not None:
                return load_json(self._cipher.decrypt(text))
        except _fernet().InvalidToken:
            pass
        raise ConflictError(
            "A stored secret can't be read: the server's encryption key was replaced or lost."
        )


def _fernet() -> Any:
    # The library is 7 MB of a server's memory, and few servers keep secrets.
    return import_module("cryptography.fernet")
