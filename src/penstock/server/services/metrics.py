"""What a Prometheus server reads: computed when it asks, at most once in a few seconds."""

import asyncio
import logging
from importlib import import_module
from time import monotonic

from penstock.schemas.responses import DoctorReport
from penstock.server.database import DBInterface
from penstock.server.models import doctor
from penstock.server.models.doctor.check import DEFAULT_PATIENCE, Patience
from penstock.server.models.traffic import read_backlogs, read_pool_use
from penstock.server.services.counters import Counters

KEPT_SECONDS = 5.0
"""How long an answer is given again."""

EXAMINED_EVERY_SECONDS = 60.0
LONGEST_EXAMINATION_SECONDS = 5.0

logger = logging.getLogger(__name__)


class Metrics:
    """Reads the metrics of a database, and shows them with what this process has counted.

    The database is examined by the quick checks only, and a check that takes too long is given up.
    """

    def __init__(self, db: DBInterface, counters: Counters, *, patience: Patience = DEFAULT_PATIENCE) -> None:
        self._db = db
        self._counters = counters
        self._patience = patience
        self._one_at_a_time = asyncio.Lock()
        self._text = (b"", "")
        self._read_at: float | None = None
        self._report: DoctorReport | None = None
        self._examined_at: float | None = None

    async def text(self) -> tuple[bytes, str]:
        """Return the metrics in the text format of Prometheus, and its media type."""
        async with self._one_at_a_time:
            if self._read_at is None or monotonic() - self._read_at >= KEPT_SECONDS:
                await self._examine()
                async with self._db.session_context() as session:
                    backlogs = await read_backlogs(session=session)
                    uses = await read_pool_use(session=session)
                # Its library is for those who ask; many servers are never asked.
                exposition = import_module("penstock.server.services.exposition")
                text = exposition.metrics_text(backlogs, uses, self._counters, self._report)
                self._text, self._read_at = (text, exposition.MEDIA_TYPE), monotonic()
            return self._text

    async def _examine(self) -> None:
        if self._examined_at is not None and monotonic() - self._examined_at < EXAMINED_EVERY_SECONDS:
            return
        self._examined_at = monotonic()
        try:
            async with asyncio.timeout(LONGEST_EXAMINATION_SECONDS), self._db.session_context() as session:
                self._report = await doctor.examine(
                    session=session, checks=doctor.QUICK_CHECKS, patience=self._patience, counts=False
                )
        except TimeoutError:
            self._report = None
            logger.warning("The checks for the metrics took longer than %g s", LONGEST_EXAMINATION_SECONDS)
