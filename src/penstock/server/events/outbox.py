"""Recording events: a row in the caller's transaction, so a rollback leaves none (ADR 0003)."""

from sqlalchemy.ext.asyncio import AsyncSession

from penstock.server.database.announcements import EVENTS, announce
from penstock.server.database.orm_models import Event


def record(session: AsyncSession, *events: Event) -> None:
    """Write events with the session's next flush; they exist once the caller commits."""
    session.add_all(events)
    tell_of_events(session)


def tell_of_events(session: AsyncSession) -> None:
    """Tell who follows events to look, once the caller's transaction is over.

    For those that write events by a statement of their own; ``record`` does it too.
    """
    announce(session, EVENTS)
