"""Calls about infrastructure that is to be torn down, and what could not be."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from penstock.client.calls import NUMBER, Calls, page, segment
from penstock.schemas.actions import CleanupClaim, CleanupOutcome, CleanupSettlement
from penstock.schemas.lists import list_of
from penstock.schemas.responses import ClaimedCleanup, DeadLetterResponse

_CLAIMED = list_of(ClaimedCleanup)
_DEAD_LETTERS = list_of(DeadLetterResponse)


class CleanupCalls(Calls):
    """Take over cleanup, settle it, and see to what was given up."""

    async def claim_cleanup(
        self, pool: str, worker_name: str, *, hosts: Sequence[str], kinds: Sequence[str], limit: int = 10
    ) -> list[ClaimedCleanup]:
        """Take over what is to be torn down on these machines. Raises ``NotFound`` for the pool."""
        claim = CleanupClaim(worker_name=worker_name, hosts=list(hosts), kinds=list(kinds), limit=limit)
        path = f"/work_pools/{segment(pool)}/cleanup/claim"
        return await self._http.fetch(_CLAIMED, "POST", path, claim, repeatable=False)

    async def settle_cleanup(
        self,
        pool: str,
        message_id: UUID,
        *,
        token: str,
        outcome: CleanupOutcome,
        detail: str | None = None,
    ) -> None:
        """Say what became of it. Raises ``Conflict`` when it is somebody else's by now."""
        settlement = CleanupSettlement(token=token, outcome=outcome, detail=detail)
        path = f"/work_pools/{segment(pool)}/cleanup/{message_id}/settle"
        await self._http.send("POST", path, settlement, repeatable=False)

    async def read_dead_letters(
        self, work_pool_names: Sequence[str] | None = None, limit: int | None = None, offset: int = 0
    ) -> list[DeadLetterResponse]:
        """Return what was given up, the newest first."""
        body = page(limit, offset) | _of(work_pool_names)
        return await self._http.fetch(_DEAD_LETTERS, "POST", "/dead_letters/filter", body, repeatable=True)

    async def count_dead_letters(self, work_pool_names: Sequence[str] | None = None) -> int:
        """Return how much was given up."""
        return await self._http.fetch(
            NUMBER, "POST", "/dead_letters/count", _of(work_pool_names), repeatable=True
        )

    async def retry_dead_letter(self, dead_letter_id: UUID) -> None:
        """Have it handed out to workers again. Raises ``NotFound``."""
        await self._http.send("POST", f"/dead_letters/{dead_letter_id}/retry", repeatable=False)

    async def delete_dead_letter(self, dead_letter_id: UUID) -> None:
        """Take it off the list. Raises ``NotFound``."""
        await self._http.send("DELETE", f"/dead_letters/{dead_letter_id}", repeatable=True)


def _of(work_pool_names: Sequence[str] | None) -> dict[str, Any]:
    return {} if work_pool_names is None else {"work_pool_names": list(work_pool_names)}
