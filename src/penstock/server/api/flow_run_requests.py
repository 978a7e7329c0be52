"""From what a client asks for to the run that is created (orchestration.md 2.6, 2.7)."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from fastapi import HTTPException
from pydantic_core import to_json
from sqlalchemy.ext.asyncio import AsyncSession

from penstock.core.errors import ConflictError
from penstock.core.ids import uuid7
from penstock.core.states import StateType
from penstock.schemas.actions import DeploymentFlowRunCreate, FlowRunCreate
from penstock.schemas.core import FlowRun
from penstock.schemas.core.flow_runs import random_run_name
from penstock.schemas.job_templates import check_job_variables, overlay_job_variables
from penstock.schemas.json_schemas import CircularSchemaError, InvalidSchemaError
from penstock.schemas.parameters import InvalidParametersError, check_parameters
from penstock.schemas.states import Pending, Scheduled
from penstock.server.api.errors import not_found
from penstock.server.api.job_templates import with_block_data
from penstock.server.api.work_queue_resolution import ensure_work_queue_in, require_queue_of_run
from penstock.server.database.orm_models import Deployment, WorkQueue
from penstock.server.models import deployments, flow_runs
from penstock.server.models.hydration import hydrate_parameters


async def read_flow_run_to_create(session: AsyncSession, asked: FlowRunCreate) -> FlowRun:
    """Return the run an ad-hoc request describes, in its pool's default queue unless it names one."""
    work_queue = await require_queue_of_run(session, asked.work_pool_name, asked.work_queue_name)
    return FlowRun(
        id=uuid7(),
        name=asked.name or random_run_name(),
        flow_id=asked.flow_id,
        flow_version=asked.flow_version,
        deployment_id=asked.deployment_id,
        parameters=asked.parameters,
        context=asked.context,
        parent_task_run_id=asked.parent_task_run_id,
        infrastructure_document_id=asked.infrastructure_document_id,
        empirical_policy=asked.empirical_policy,
        tags=asked.tags,
        labels={"prefect.flow.id": str(asked.flow_id), **asked.labels},
        idempotency_key=asked.idempotency_key,
        job_variables=asked.job_variables,
        work_queue_id=work_queue.id if work_queue else None,
        work_queue_name=work_queue.name if work_queue else asked.work_queue_name,
        state=asked.state.to_state() if asked.state else Pending(),
    )


async def read_deployment_run_to_create(
    session: AsyncSession, deployment: Deployment, asked: DeploymentFlowRunCreate
) -> FlowRun:
    """Return the run of a deployment that a request describes, after checking what it is given."""
    return await DescribedRuns(session, deployment).read(asked)


class DescribedRuns:
    """The runs of a deployment that requests describe; what was found right once is not checked again."""

    def __init__(self, session: AsyncSession, deployment: Deployment) -> None:
        self._session = session
        self._deployment = deployment
        self._found_right: set[tuple[str, Any]] = set()

    async def read(self, asked: DeploymentFlowRunCreate) -> FlowRun:
        """Return the run, after checking what it is given."""
        session, deployment = self._session, self._deployment
        parameters = await hydrate_parameters(
            session=session, parameters={**deployment.parameters, **asked.parameters}
        )
        await self._check(asked, parameters)
        work_queue = await _queue_of(session, deployment, asked.work_queue_name)
        return FlowRun(
            id=uuid7(),
            name=asked.name or random_run_name(),
            flow_id=deployment.flow_id,
            deployment_id=deployment.id,
            deployment_version=deployment.version,
            parameters=parameters,
            context=asked.context,
            parent_task_run_id=asked.parent_task_run_id,
            infrastructure_document_id=asked.infrastructure_document_id
            or deployment.infrastructure_document_id,
            empirical_policy=asked.empirical_policy,
            tags=sorted({*deployment.tags, *asked.tags}),
            labels={
                **deployment.labels,
                "prefect.flow.id": str(deployment.flow_id),
                "prefect.deployment.id": str(deployment.id),
                **asked.labels,
            },
            idempotency_key=asked.idempotency_key,
            job_variables=asked.job_variables or {},
            work_queue_id=work_queue.id if work_queue else None,
            work_queue_name=work_queue.name if work_queue else deployment.work_queue_name,
            state=asked.state.to_state() if asked.state else Scheduled(),
        )

    async def _check(self, asked: DeploymentFlowRunCreate, parameters: dict[str, Any]) -> None:
        about_parameters = "parameters", to_json([parameters, asked.enforce_parameter_schema])
        if about_parameters not in self._found_right:
            _check_parameters(self._deployment, asked, parameters)
            self._found_right.add(about_parameters)
        about_job = "job variables", to_json(asked.job_variables)
        if about_job not in self._found_right:
            await _check_job_variables(self._session, self._deployment, asked.job_variables)
            self._found_right.add(about_job)


async def check_job_variables_can_change(
    session: AsyncSession, flow_run_id: UUID, job_variables: Mapping[str, Any]
) -> None:
    """Check new job variables of a run that is still scheduled; anything else is answered 400 or 422."""
    flow_run = await flow_runs.read_flow_run(session=session, flow_run_id=flow_run_id, for_update=True)
    if flow_run is None:
        not_found("Flow run not found")
    if flow_run.state_type != StateType.SCHEDULED:
        raise HTTPException(400, "Job variables can be changed only while the run is scheduled.")
    if flow_run.deployment_id is None:
        raise HTTPException(400, "Job variables can be changed only of a run of a deployment.")
    deployment = await deployments.read_deployment(session=session, deployment_id=flow_run.deployment_id)
    if deployment is None:
        raise HTTPException(400, "The run's deployment is not there any more.")
    await _check_job_variables(session, deployment, job_variables)


async def _check_job_variables(
    session: AsyncSession, deployment: Deployment, job_variables: Mapping[str, Any] | None
) -> None:
    """Check what the pool's template gets for one run: required variables must be there too."""
    if deployment.work_pool is None:
        return
    template = await with_block_data(session, deployment.work_pool.base_job_template)
    chosen = overlay_job_variables(template, deployment.job_variables, job_variables)
    check_job_variables(template, chosen)


def _check_parameters(
    deployment: Deployment, asked: DeploymentFlowRunCreate, parameters: dict[str, Any]
) -> None:
    enforce = asked.enforce_parameter_schema
    if enforce is None:
        enforce = deployment.enforce_parameter_schema
    if not enforce:
        return
    try:
        check_parameters(parameters, deployment.parameter_openapi_schema)
    except CircularSchemaError:
        raise
    except (InvalidParametersError, InvalidSchemaError) as error:
        raise ConflictError(str(error), error.faults) from None


async def _queue_of(
    session: AsyncSession, deployment: Deployment, work_queue_name: str | None
) -> WorkQueue | None:
    if work_queue_name is None:
        return deployment.work_queue
    if deployment.work_pool is None:
        raise HTTPException(
            400, f"Work queue '{work_queue_name}' cannot be used: the deployment has no work pool."
        )
    return await ensure_work_queue_in(session, deployment.work_pool, work_queue_name)
