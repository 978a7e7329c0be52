"""All routes under ``/api``."""

from fastapi import APIRouter, Depends

from penstock.server.api import (
    admin,
    concurrency_status,
    deployment_runs,
    deployments,
    dispatch,
    flow_run_states,
    flow_runs,
    flows,
    logs,
    set_state,
    work_pool_queues,
    work_pools,
    work_queues,
    workers,
)
from penstock.server.api.api_version import check_api_version

NOUNS = (
    admin,
    dispatch,
    concurrency_status,
    work_pool_queues,
    workers,
    work_pools,
    work_queues,
    flows,
    deployment_runs,
    deployments,
    set_state,
    flow_runs,
    flow_run_states,
    logs,
)

api_router = APIRouter(prefix="/api", dependencies=[Depends(check_api_version)])
for noun in NOUNS:
    api_router.include_router(noun.router)
