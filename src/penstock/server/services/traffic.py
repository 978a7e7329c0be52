"""Events and logs on their way in and out, as one thing to start and stop."""

from penstock.server.database import DBInterface
from penstock.server.services.event_intake import EventIntake
from penstock.server.services.event_relay import EventRelay
from penstock.server.services.log_relay import LogRelay


class Traffic:
    """Takes in reported events, and passes on events and log lines as they are committed."""

    def __init__(self, db: DBInterface, *, poll_seconds: float) -> None:
        self._db = db
        self.event_intake = EventIntake(db)
        self.event_relay = EventRelay(db, poll_seconds=poll_seconds)
        self.log_relay = LogRelay(db, poll_seconds=poll_seconds)

    def start(self) -> None:
        """Connect to the other servers of the database."""
        self._db.announcements.start()

    async def stop(self) -> None:
        """Write the events that have come in, and end."""
        await self.event_intake.stop()
        await self.event_relay.stop()
        await self.log_relay.stop()
        await self._db.announcements.stop()
