"""Events of artifact collections (orchestration.md 6.2)."""

from penstock.server.database.orm_models import ArtifactCollection, Event
from penstock.server.events.named_objects import named_object_event
from penstock.server.events.resources import labels


def artifact_collection_created(collection: ArtifactCollection) -> Event:
    """Build the event of a key's first artifact."""
    return _event("created", collection)


def artifact_collection_updated(collection: ArtifactCollection) -> Event:
    """Build the event of a key's new newest artifact."""
    return _event("updated", collection)


def artifact_collection_deleted(collection: ArtifactCollection) -> Event:
    """Build the event of a key whose last artifact goes."""
    return _event("deleted", collection)


def _event(action: str, collection: ArtifactCollection) -> Event:
    related = [labels("artifact", collection.latest_id, None, "latest")]
    runs = ("flow-run", collection.flow_run_id), ("task-run", collection.task_run_id)
    related += [labels(kind, run_id, None, kind) for kind, run_id in runs if run_id is not None]
    payload = {
        "key": collection.key,
        "type": collection.type,
        "data": collection.data,
        "description": collection.description,
    }
    return named_object_event("artifact-collection", action, collection.id, collection.key, payload, related)
