"""Keeping secrets at rest: values encrypted with a key that the server makes for itself.

The key is in the table ``configuration``: whoever reads only the table of documents, a log or a
replica of it, reads no secrets.
"""

from typing import Any

from cryptography.fernet import Fernet, InvalidToken
from sqlalchemy.ext.asyncio import AsyncSession

from penstock.core.errors import ConflictError
from penstock.server.database.json import dump_json, load_json
from penstock.server.models import configurations

ENCRYPTION_KEY = "ENCRYPTION_KEY"


async def encrypt(session: AsyncSession, value: Any) -> str:
    """Return a JSON value as an encrypted text; the first call of all makes the key."""
    stored = await configurations.read_configuration(session=session, key=ENCRYPTION_KEY)
    if stored is None:
        new = {"fernet_key": Fernet.generate_key().decode()}
        stored = await configurations.ensure_configuration(session=session, key=ENCRYPTION_KEY, value=new)
    return Fernet(stored["fernet_key"]).encrypt(dump_json(value).encode()).decode()


async def load_decrypter(session: AsyncSession) -> "Decrypter":
    """Read the key for decrypting any number of values."""
    stored = await configurations.read_configuration(session=session, key=ENCRYPTION_KEY)
    return Decrypter(Fernet(stored["fernet_key"]) if stored else None)


class Decrypter:
    """Turns encrypted texts back into values."""

    def __init__(self, cipher: Fernet | None) -> None:
        self._cipher = cipher

    def decrypt(self, text: str) -> Any:
        """Return the value.

        Raises:
            ConflictError: the text was encrypted with another key.
        """
        try:
            if self._cipher is not None:
                return load_json(self._cipher.decrypt(text))
        except InvalidToken:
            pass
        raise ConflictError(
            "A stored secret can't be read: the server's encryption key was replaced or lost."
        )
