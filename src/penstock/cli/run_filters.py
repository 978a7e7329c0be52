"""What ``run ls`` may be narrowed to, as the filters of the API."""

from collections.abc import Sequence
from typing import Any

from penstock.cli.errors import usage
from penstock.core.states import StateType
from penstock.schemas.filters import (
    DeploymentFilter,
    DeploymentFilterId,
    FlowRunFilter,
    FlowRunFilterState,
    FlowRunFilterStateName,
    FlowRunFilterStateType,
    FlowRunFilterWorkQueueId,
    FlowRunFilterWorkQueueName,
    WorkPoolFilter,
    WorkPoolFilterName,
    WorkQueueFilter,
    WorkQueueFilterName,
)
from penstock.schemas.responses import DeploymentResponse

STRANDED = FlowRunFilter(
    state=FlowRunFilterState(type=FlowRunFilterStateType(any_=[StateType.SCHEDULED])),
    work_queue_id=FlowRunFilterWorkQueueId(is_null_=True),
    work_queue_name=FlowRunFilterWorkQueueName(is_null_=False),
)
"""Runs that wait in a queue that is gone with its pool."""


def run_filters(
    *,
    pool: str | None,
    queue: str | None,
    states: Sequence[str],
    deployment: DeploymentResponse | None,
    stranded: bool = False,
) -> dict[str, Any]:
    """Return the keyword arguments for ``read_flow_runs`` and ``count_flow_runs``."""
    filters: dict[str, Any] = {}
    if pool is not None:
        filters["work_pool_filter"] = WorkPoolFilter(name=WorkPoolFilterName(any_=[pool]))
    if queue is not None:
        filters["work_queue_filter"] = WorkQueueFilter(name=WorkQueueFilterName(any_=[queue]))
    if deployment is not None:
        filters["deployment_filter"] = DeploymentFilter(id=DeploymentFilterId(any_=[deployment.id]))
    if stranded:
        filters["flow_run_filter"] = STRANDED
    elif states:
        filters["flow_run_filter"] = FlowRunFilter(state=_state_filter(states))
    return filters


def _state_filter(states: Sequence[str]) -> FlowRunFilterState:
    """Read words such as ``running`` as types; ``Late`` and other names match the state's name."""
    types = [StateType(word.upper()) for word in states if word.upper() in StateType.__members__]
    names = [word for word in states if word.upper() not in StateType.__members__]
    if types and names:
        raise usage(f"--state cannot mix types ({types[0].value.lower()}) with other names ({names[0]}).")
    if types:
        return FlowRunFilterState(type=FlowRunFilterStateType(any_=types))
    return FlowRunFilterState(name=FlowRunFilterStateName(any_=names))
