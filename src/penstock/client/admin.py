"""Calls about the server itself."""

from pydantic import TypeAdapter

from penstock.client.calls import Calls
from penstock.schemas.lists import list_of
from penstock.schemas.responses import DoctorReport, KnownServer

_REPORT = TypeAdapter(DoctorReport)
_SERVERS = list_of(KnownServer)


class AdminCalls(Calls):
    """Ask how the server and its database are."""

    async def examine(self) -> DoctorReport:
        """Return what an examination of the database found."""
        return await self._http.fetch(_REPORT, "GET", "/admin/doctor", repeatable=True)

    async def read_servers(self) -> list[KnownServer]:
        """Return the servers of the database, the living first."""
        return await self._http.fetch(_SERVERS, "GET", "/admin/servers", repeatable=True)
