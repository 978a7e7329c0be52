"""From what a client sends about a deployment to the values that are stored (orchestration.md 2.3, 2.4)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from penstock.core.errors import ConflictError
from penstock.schemas.actions import DeploymentCreate, DeploymentUpdate
from penstock.schemas.filters import (
    DeploymentFilter,
    DeploymentFilterName,
    FlowFilter,
    FlowFilterId,
)
from penstock.schemas.job_templates import InvalidJobVariablesError, check_job_variables
from penstock.schemas.json_schemas import CircularSchemaError, InvalidSchemaError
from penstock.schemas.parameters import InvalidParametersError, check_parameters
from penstock.server.api.work_queue_resolution import ensure_work_queue, ensure_work_queue_in
from penstock.server.database.filters import DeploymentRelations
from penstock.server.database.orm_models import Deployment, WorkQueue
from penstock.server.models import deployments, workers
from penstock.server.models.hydration import hydrate_parameters

NOT_STORED = {
    "schedules",
    "work_pool_name",
    "version_info",
}
CHECKED_WITH_PARAMETERS = {"parameters", "parameter_openapi_schema", "enforce_parameter_schema"}


@dataclass(frozen=True, slots=True)
class PreparedDeployment:
    """A deployment that may be written, and the queue its runs go to."""

    deployment: DeploymentCreate
    work_queue_id: UUID | None
    is_new: bool


async def prepare_deployment(session: AsyncSession, deployment: DeploymentCreate) -> PreparedDeployment:
    """Check a deployment, and find or create its queue.

    Raises:
        InvalidInputError: parameters or job variables do not fit their schema.
    """
    if deployment.enforce_parameter_schema and deployment.parameter_openapi_schema is not None:
        check_parameters(deployment.parameters, deployment.parameter_openapi_schema, ignore_required=True)
    work_queue = await ensure_work_queue(session, deployment.work_pool_name, deployment.work_queue_name)
    await _check_job_variables(session, work_queue, deployment.job_variables)
    is_new = not await deployments.count_deployments(
        session=session,
        deployment_filter=DeploymentFilter(name=DeploymentFilterName(any_=[deployment.name])),
        relations=DeploymentRelations(flows=FlowFilter(id=FlowFilterId(any_=[deployment.flow_id]))),
    )
    if is_new and "parameter_openapi_schema" not in deployment.model_fields_set:
        # Without a schema any parameters will do; an explicit null means that none can be checked.
        deployment = deployment.model_copy(update={"parameter_openapi_schema": {}})
    return PreparedDeployment(deployment, work_queue.id if work_queue else None, is_new)


async def values_to_update(
    session: AsyncSession, existing: Deployment, sent: DeploymentUpdate
) -> dict[str, Any]:
    """Return the columns that a change sets, after checking them.

    Raises:
        ConflictError: parameters or job variables do not fit their schema.
    """
    given = sent.set_fields()
    if "parameters" in given:
        given["parameters"] = await hydrate_parameters(session=session, parameters=given["parameters"])
    _check_parameters(existing, given)
    values = {name: value for name, value in given.items() if name not in NOT_STORED}
    work_queue = existing.work_queue
    if {"work_pool_name", "work_queue_name"} & given.keys():
        work_queue = await _resolve_work_queue(session, existing, given)
        values["work_queue_id"] = work_queue.id if work_queue else None
    if given.get("job_variables"):
        try:
            await _check_job_variables(session, work_queue, given["job_variables"])
        except InvalidJobVariablesError as error:
            raise ConflictError(str(error), error.faults) from None
    return values


async def _resolve_work_queue(
    session: AsyncSession, existing: Deployment, given: Mapping[str, Any]
) -> WorkQueue | None:
    work_queue_name = given.get("work_queue_name")
    if "work_pool_name" in given:
        work_pool_name = given["work_pool_name"]
        if work_pool_name is None:
            return None
        return await ensure_work_queue(session, work_pool_name, work_queue_name)
    if work_queue_name is None:
        return existing.work_queue
    if existing.work_pool is None:
        return await ensure_work_queue(session, None, work_queue_name)
    return await ensure_work_queue_in(session, existing.work_pool, work_queue_name)


async def _check_job_variables(
    session: AsyncSession, work_queue: WorkQueue | None, job_variables: Mapping[str, Any]
) -> None:
    if work_queue is None:
        return
    work_pool = await workers.read_work_pool(session=session, work_pool_id=work_queue.work_pool_id)
    if work_pool is not None:
        check_job_variables(work_pool.base_job_template, job_variables, ignore_required=True)


def _check_parameters(existing: Deployment, given: Mapping[str, Any]) -> None:
    if not CHECKED_WITH_PARAMETERS & given.keys():
        return
    if not given.get("enforce_parameter_schema", existing.enforce_parameter_schema):
        return
    parameters = given.get("parameters", existing.parameters)
    schema = given.get("parameter_openapi_schema", existing.parameter_openapi_schema)
    try:
        check_parameters(parameters, schema, ignore_required=True)
    except CircularSchemaError:
        raise
    except (InvalidParametersError, InvalidSchemaError) as error:
        raise ConflictError(str(error), error.faults) from None
