"""The session type that the database hands out."""

from collections.abc import Generator
from typing import Any, Self

from sqlalchemy.ext.asyncio import AsyncSession

from penstock.server.database.announcements import AnnouncingSession


class Session(AsyncSession):
    """An ``AsyncSession`` that may also be awaited, which gives the session itself.

    So ``async with db.session() as session`` and ``session = await db.session()`` both work.
    """

    sync_session_class = AnnouncingSession

    def __await__(self) -> Generator[Any, Any, Self]:
        return self._self().__await__()

    async def _self(self) -> Self:
        return self
