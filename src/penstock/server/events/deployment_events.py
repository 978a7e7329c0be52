"""Events of deployments (workers.md 5, orchestration.md 6.2)."""

from penstock.core.clock import utc_now
from penstock.core.ids import uuid7
from penstock.server.database.orm_models import Deployment, Event
from penstock.server.events.changes import ChangedFields
from penstock.server.events.resources import labels
from penstock.server.events.run_context import RunContext
from penstock.server.events.work_pool_events import update_payload

UPDATE_FIELDS = (
    "description",
    "version",
    "tags",
    "labels",
    "paused",
    "parameters",
    "parameter_openapi_schema",
    "enforce_parameter_schema",
    "entrypoint",
    "path",
    "pull_steps",
    "work_queue_id",
    "work_queue_name",
    "job_variables",
    "concurrency_limit_id",
    "concurrency_options",
)
"""The fields whose change is announced, in the order in which the event names them."""


def deployment_status(deployment: Deployment, context: RunContext) -> Event:
    """Build the event of a deployment's new status (ready or not-ready)."""
    return _event(deployment.status.in_kebab_case(), deployment, context)


def deployment_created(deployment: Deployment, context: RunContext) -> Event:
    """Build the event of a new deployment."""
    return _event("created", deployment, context)


def deployment_updated(deployment: Deployment, context: RunContext, changed: ChangedFields) -> Event:
    """Build the event of a changed deployment; the payload says from what to what."""
    event = _event("updated", deployment, context)
    event.payload = update_payload(changed)
    return event


def deployment_deleted(deployment: Deployment, context: RunContext) -> Event:
    """Build the event of a deployment that goes."""
    return _event("deleted", deployment, context)


def _event(name: str, deployment: Deployment, context: RunContext) -> Event:
    resource = labels("deployment", deployment.id, deployment.name)
    documents = (deployment.storage_document_id, "storage"), (
        deployment.infrastructure_document_id, "infrastructure",
    )  # fmt: skip
    related = [
        one for one in context.related(None, ()) if one["prefect.resource.role"] not in ("deployment", "tag")
    ]
    related += [
        labels("block-document", document_id, None, role)
        for document_id, role in documents
        if document_id is not None
    ]
    return Event(
        id=uuid7(),
        occurred=utc_now(),
        event=f"prefect.deployment.{name}",
        resource_id=resource["prefect.resource.id"],
        resource=resource,
        related=related,
    )
