"""Events of variables (orchestration.md 6.2)."""

from penstock.server.database.orm_models import Event, Variable
from penstock.server.events.named_objects import named_object_event


def variable_created(variable: Variable) -> Event:
    """Build the event of a new variable."""
    return _event("created", variable)


def variable_updated(variable: Variable) -> Event:
    """Build the event of a changed variable, under its new name."""
    return _event("updated", variable)


def variable_deleted(variable: Variable) -> Event:
    """Build the event of a variable that goes."""
    return _event("deleted", variable)


def _event(action: str, variable: Variable) -> Event:
    payload = {"name": variable.name, "value": variable.value, "tags": variable.tags}
    return named_object_event("variable", action, variable.id, variable.name, payload)
