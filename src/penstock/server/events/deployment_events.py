"""Events of deployments (workers.md 5, orchestration.md 6.2)."""

from penstock.core.clock import utc_now
from penstock.core.ids import uuid7
from penstock.server.database.orm_models import Deployment, Event
from penstock.server.events.resources import labels
from penstock.server.events.run_context import RunContext


def deployment_status(deployment: Deployment, context: RunContext) -> Event:
    """Build the event of a deployment's new status (ready or not-ready)."""
    return _event(deployment.status.in_kebab_case(), deployment, context)


def deployment_created(deployment: Deployment, context: RunContext) -> Event:
    """Build the event of a new deployment."""
    return _event("created", deployment, context)


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
