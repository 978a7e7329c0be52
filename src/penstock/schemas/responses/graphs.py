"""A flow run as a graph of what it ran (orchestration.md 2.7)."""

from typing import Any, Literal
from uuid import UUID

from penstock.core.states import StateType
from penstock.schemas.foundations import WireModel
from penstock.schemas.timestamps import Timestamp


class GraphState(WireModel):
    """A state the run has been in."""

    id: UUID
    timestamp: Timestamp
    type: StateType
    name: str


class GraphArtifact(WireModel):
    """Something the run has left; only progress has its data here."""

    id: UUID
    created: Timestamp
    key: str | None
    type: str | None
    is_latest: bool
    data: Any | None


class Edge(WireModel):
    """The other end of a line."""

    id: UUID


class Node(WireModel):
    """A task run, or the run of another flow in its place."""

    kind: Literal["flow-run", "task-run"]
    id: UUID
    label: str
    state_type: StateType
    start_time: Timestamp
    end_time: Timestamp | None
    parents: list[Edge]
    children: list[Edge]
    encapsulating: list[Edge]
    artifacts: list[GraphArtifact]


class Graph(WireModel):
    """The nodes of a run by their start, each with its id; roots depend on nothing."""

    start_time: Timestamp | None
    end_time: Timestamp | None
    root_node_ids: list[UUID]
    nodes: list[tuple[UUID, Node]]
    artifacts: list[GraphArtifact]
    states: list[GraphState]
