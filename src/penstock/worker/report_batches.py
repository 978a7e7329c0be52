"""Reports that become due while others are on their way go together."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from penstock.client import ApiError, PenstockClient, ServerUnavailable
from penstock.schemas.actions import StateReport
from penstock.schemas.responses import OrchestrationResult

MOST_PER_REQUEST = 200
PATIENCE_SECONDS = 1.0
"""How long reports wait for those before them; a request that hangs must not hold up the rest."""

Verdict = OrchestrationResult | ApiError


@dataclass(frozen=True, slots=True, eq=False)
class _Letter:
    """A report, and where its sender waits for the answer."""

    report: StateReport
    answer: asyncio.Future[OrchestrationResult]


class ReportBatches:
    """Sends a report at once when none is on its way; those that come meanwhile follow in one request.

    So a lone report waits for nothing, and many cost few requests. Each is answered, or fails, as if it
    had been sent alone.
    """

    def __init__(self, client: PenstockClient) -> None:
        self._client = client
        self._waiting: list[_Letter] = []
        self._requests: set[asyncio.Task[None]] = set()
        self._delivery: asyncio.Task[None] | None = None

    async def send(self, report: StateReport) -> OrchestrationResult:
        """Send a report once and return the verdict. Raises ``ApiError``, as ``set_flow_run_state`` does."""
        letter = _Letter(report, asyncio.get_running_loop().create_future())
        self._waiting.append(letter)
        if self._delivery is None or self._delivery.done():
            self._delivery = asyncio.create_task(self._deliver(), name="reports")
        try:
            return await letter.answer
        finally:
            if letter in self._waiting:
                self._waiting.remove(letter)

    async def _deliver(self) -> None:
        while self._waiting:
            letters = self._waiting[:MOST_PER_REQUEST]
            del self._waiting[:MOST_PER_REQUEST]
            request = asyncio.create_task(self._carry(letters), name="a request of reports")
            self._requests.add(request)
            request.add_done_callback(self._requests.discard)
            for letter in letters:
                letter.answer.add_done_callback(partial(_end_if_unheard, request, letters))
            await asyncio.wait({request}, timeout=PATIENCE_SECONDS)

    async def _carry(self, letters: Sequence[_Letter]) -> None:
        """Send letters together and hand out what comes back, whatever it is."""
        try:
            verdicts: Sequence[Verdict | Exception] = await self._ask([one.report for one in letters])
        except Exception as error:  # noqa: BLE001 - whoever waits for an answer has to hear of it
            verdicts = [error] * len(letters)
        for letter, verdict in zip(letters, verdicts, strict=True):
            if letter.answer.done():
                continue
            if isinstance(verdict, Exception):
                letter.answer.set_exception(_own(verdict))
            else:
                letter.answer.set_result(verdict)

    async def _ask(self, reports: Sequence[StateReport]) -> Sequence[Verdict]:
        """Return the verdicts; each is asked for alone where a server, as an older one, refuses them all."""
        if len(reports) == 1:
            return [await self._ask_alone(reports[0])]
        try:
            return await self._client.report_flow_run_states(reports)
        except ServerUnavailable:
            raise
        except ApiError:
            return await asyncio.gather(*map(self._ask_alone, reports))

    async def _ask_alone(self, report: StateReport) -> Verdict:
        try:
            return await self._client.set_flow_run_state(
                report.flow_run_id, report.state, attempt=report.attempt
            )
        except ApiError as error:
            return error


def _end_if_unheard(request: asyncio.Task[None], letters: Sequence[_Letter], _: object) -> None:
    """Give a request up once nobody waits for its answer."""
    if all(letter.answer.done() for letter in letters):
        request.cancel()


def _own(error: Exception) -> Exception:
    """Return the error as one that a single sender raises: one that several raise gathers their traces."""
    if isinstance(error, ApiError):
        return type(error)(error.status_code, error.message, error.detail)
    return error
