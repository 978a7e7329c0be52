"""What a flow run ran, and what depended on what (orchestration.md 2.7, graph-v2)."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from penstock.core.errors import PenstockError
from penstock.schemas.responses.graphs import Edge, Graph, GraphArtifact, GraphState, Node
from penstock.server.database import DBInterface, db_injector, orm_models

MOST_NODES = 10_000
MOST_ARTIFACTS = 10_000
ENCLOSING = "__parents__"
"""The input under which a task run names the task runs it ran in."""


class GraphTooLargeError(PenstockError):
    """The run ran more than can be shown. HTTP 400."""


@db_injector
async def read_flow_run_graph(
    db: DBInterface, session: AsyncSession, flow_run_id: UUID, since: datetime | None = None
) -> Graph | None:
    """Read the graph of a run; None when there is no such run.

    A task run that stands for the run of another flow is shown as that run. What has not started
    is left out.

    Args:
        since: only nodes that were still going on then, or later.

    Raises:
        GraphTooLargeError: there are more than 10,000 nodes.
    """
    run = await session.get(db.FlowRun, flow_run_id)
    if run is None:
        return None
    tasks = await _read_tasks(db, session, flow_run_id)
    shown_as = {task.id: task.subflow_id or task.id for task in tasks}
    artifacts = await _read_artifacts(db, session, flow_run_id)
    children = _children(tasks, shown_as)
    nodes = [_node(task, shown_as, children, artifacts) for task in tasks if task.start_time is not None]
    states = await session.scalars(
        sa.select(db.FlowRunState)
        .where(db.FlowRunState.flow_run_id == flow_run_id)
        .order_by(db.FlowRunState.timestamp, db.FlowRunState.id)
    )
    return Graph(
        start_time=run.start_time,
        end_time=run.end_time,
        root_node_ids=[node.id for node in nodes if not node.parents and not node.encapsulating],
        nodes=[(node.id, node) for node in nodes if _is_shown(node, since)],
        artifacts=artifacts[None],
        states=[GraphState.model_validate(state) for state in states],
    )


async def _read_tasks(db: DBInterface, session: AsyncSession, flow_run_id: UUID) -> Sequence[sa.Row[Any]]:
    task, subflow = db.TaskRun, db.FlowRun
    rows = (
        await session.execute(
            sa.select(
                task.id,
                task.task_inputs,
                subflow.id.label("subflow_id"),
                sa.func.coalesce(subflow.name, task.name).label("label"),
                sa.func.coalesce(subflow.state_type, task.state_type, type_=task.state_type.type).label(
                    "state_type"
                ),
                sa.func.coalesce(subflow.start_time, task.start_time).label("start_time"),
                sa.case((subflow.id.is_not(None), subflow.end_time), else_=task.end_time).label("end_time"),
            )
            .outerjoin(subflow, subflow.parent_task_run_id == task.id)
            .where(task.flow_run_id == flow_run_id)
            .order_by(sa.func.coalesce(subflow.start_time, task.start_time), task.id)
            .limit(MOST_NODES + 1)
        )
    ).all()
    if len(rows) > MOST_NODES:
        raise GraphTooLargeError(f"The run has more than {MOST_NODES} nodes.")
    return rows


async def _read_artifacts(
    db: DBInterface, session: AsyncSession, flow_run_id: UUID
) -> Mapping[UUID | None, list[GraphArtifact]]:
    """Return what the run has left, by task run; None for what no task run left."""
    row, collection = db.Artifact, db.ArtifactCollection
    found = await session.execute(
        sa.select(row, sa.or_(row.key.is_(None), collection.id.is_not(None)).label("is_latest"))
        .outerjoin(collection, sa.and_(collection.key == row.key, collection.latest_id == row.id))
        .where(row.flow_run_id == flow_run_id, sa.func.coalesce(row.type, "") != "result")
        .order_by(row.created, row.id)
        .limit(MOST_ARTIFACTS)
    )
    by_task: dict[UUID | None, list[GraphArtifact]] = defaultdict(list)
    for artifact, is_latest in found:
        by_task[artifact.task_run_id].append(_artifact(artifact, bool(is_latest)))
    return by_task


def _artifact(artifact: orm_models.Artifact, is_latest: bool) -> GraphArtifact:
    return GraphArtifact(
        id=artifact.id,
        created=artifact.created,
        key=artifact.key,
        type=artifact.type,
        is_latest=is_latest,
        data=artifact.data if artifact.type == "progress" else None,
    )


def _node(
    task: sa.Row[Any],
    shown_as: Mapping[UUID, UUID],
    children: Mapping[UUID, list[UUID]],
    artifacts: Mapping[UUID | None, list[GraphArtifact]],
) -> Node:
    return Node(
        kind="task-run" if task.subflow_id is None else "flow-run",
        id=shown_as[task.id],
        label=task.label,
        state_type=task.state_type,
        start_time=task.start_time,
        end_time=task.end_time,
        parents=_edges(_named(task, shown_as, enclosing=False)),
        children=_edges(children[shown_as[task.id]]),
        encapsulating=_edges(_named(task, shown_as, enclosing=True)),
        artifacts=artifacts[task.id],
    )


def _named(task: sa.Row[Any], shown_as: Mapping[UUID, UUID], *, enclosing: bool) -> list[UUID]:
    """Return the nodes that a task run names in its inputs, each once, as far as they are its run's."""
    found: dict[UUID, None] = {}
    for name, values in (task.task_inputs or {}).items():
        if (name == ENCLOSING) is not enclosing:
            continue
        for value in values:
            if isinstance(value, dict) and value.get("input_type") == "task_run":
                named = _as_uuid(value.get("id"))
                if named is not None and named in shown_as:
                    found[shown_as[named]] = None
    return list(found)


def _children(tasks: Iterable[sa.Row[Any]], shown_as: Mapping[UUID, UUID]) -> Mapping[UUID, list[UUID]]:
    children: dict[UUID, list[UUID]] = defaultdict(list)
    for task in tasks:
        if task.start_time is not None:
            for parent in _named(task, shown_as, enclosing=False):
                children[parent].append(shown_as[task.id])
    return children


def _as_uuid(value: Any) -> UUID | None:
    try:
        return UUID(str(value))
    except ValueError:
        return None


def _edges(ids: Iterable[UUID]) -> list[Edge]:
    return [Edge(id=one) for one in ids]


def _is_shown(node: Node, since: datetime | None) -> bool:
    return since is None or node.end_time is None or node.end_time >= since or node.start_time >= since
