"""Events and logs on their way in and out, as one thing to start and stop."""

from penstock.core.attempts import LeaseTimes
from penstock.server.database import DBInterface
from penstock.server.services.event_intake import EventIntake
from penstock.server.services.event_relay import EventRelay
from penstock.server.services.log_relay import LogRelay
from penstock.server.services.signs_of_life import SignsOfLife


class Traffic:
    """Takes in reported events, with the signs of life among them, and passes on events and log lines."""

    def __init__(
        self, db: DBInterface, *, poll_seconds: float, sign_seconds: float, lease_times: LeaseTimes
    ) -> None:
        self._db = db
        self.event_intake = EventIntake(db, lease_times)
        self.signs_of_life = SignsOfLife(db, interval_seconds=sign_seconds, lease_times=lease_times)
        self.event_relay = EventRelay(db, poll_seconds=poll_seconds)
        self.log_relay = LogRelay(db, poll_seconds=poll_seconds)

    def start(self) -> None:
        """Connect to the other servers of the database, and begin to record who lives."""
        self._db.announcements.start()
        self.signs_of_life.start()

    async def stop(self) -> None:
        """Write the events that have come in, and end."""
        await self.event_intake.stop()
        await self.signs_of_life.stop()
        await self.event_relay.stop()
        await self.log_relay.stop()
        await self._db.announcements.stop()
