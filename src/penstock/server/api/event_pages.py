"""Pages of events: where a listing goes on, as text that only this server reads."""

import base64
import binascii
import zlib
from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field, ValidationError

from penstock.core.errors import ForbiddenError
from penstock.schemas.filters import EventFilter
from penstock.schemas.foundations import LateModel

LARGEST_PAGE = 50
LARGEST_TOKEN_BYTES = 1_000_000


class EventPlace(LateModel):
    """A listing of events, and the event after which it goes on."""

    filter: EventFilter
    limit: Annotated[int, Field(ge=0, le=LARGEST_PAGE)]
    total: int
    occurred: datetime
    id: UUID

    def to_token(self) -> str:
        """Return the place as text for a URL."""
        packed = zlib.compress(self.model_dump_json(exclude_unset=True).encode(), 9)
        return base64.urlsafe_b64encode(packed).decode().rstrip("=")

    @classmethod
    def from_token(cls, token: str) -> "EventPlace":
        """Return the place that a text means.

        Raises:
            ForbiddenError: the text was not made by ``to_token``.
        """
        try:
            packed = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
            text = zlib.decompressobj().decompress(packed, LARGEST_TOKEN_BYTES)
            return cls.model_validate_json(text)
        except (binascii.Error, zlib.error, ValidationError, ValueError):
            raise ForbiddenError("The page token is not valid.") from None
