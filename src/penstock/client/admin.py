"""Calls about the server itself."""

from pydantic import TypeAdapter

from penstock.client.calls import Calls
from penstock.schemas.responses import DoctorReport

_REPORT = TypeAdapter(DoctorReport)


class AdminCalls(Calls):
    """Ask how the server and its database are."""

    async def examine(self) -> DoctorReport:
        """Return what an examination of the database found."""
        return await self._http.fetch(_REPORT, "GET", "/admin/doctor", repeatable=True)
