"""What a database makes of a statement: through which indexes it goes, and what it looks at."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

LOOKED_AT = ("Actual Rows", "Rows Removed by Filter", "Rows Removed by Index Recheck")
"""How PostgreSQL counts rows, on average over the times that a part of the plan is carried out."""


@dataclass
class Plan:
    """One statement and how it is carried out.

    ``looked_at`` is how many rows of each table were looked at, those that were then left out included;
    ``pages`` is how many pages of tables and indexes were read. SQLite counts neither.
    """

    statement: str
    text: str
    """The plan as the database tells it."""

    indexes: dict[str, set[str]] = field(default_factory=dict)
    """Which indexes are used, by table."""

    scans: set[str] = field(default_factory=set)
    """Tables that are read from one end to the other; on SQLite also those of which an index is."""

    sorts: list[str] = field(default_factory=list)
    looked_at: dict[str, int] = field(default_factory=dict)
    returned: int = 0
    pages: int = 0
    is_for_any_values: bool = False
    """PostgreSQL plans a prepared statement for the values it is given, or once for all values."""

    def __str__(self) -> str:
        return f"{self.statement}\n{self.text}"


def read_tree(statement: str, text: str, root: dict[str, Any]) -> Plan:
    """Read what PostgreSQL answers to EXPLAIN in JSON.

    Args:
        root: the uppermost node; BUFFERS must have been asked for.
    """
    plan = Plan(statement, text)
    plan.returned = round(root["Actual Rows"])
    plan.pages = root["Shared Hit Blocks"] + root["Shared Read Blocks"]
    for node in _nodes(root):
        if node["Node Type"] in {"Sort", "Incremental Sort"}:
            plan.sorts.append(", ".join(node["Sort Key"]))
        table = node.get("Relation Name")
        if table is None or node["Node Type"] == "ModifyTable":
            continue
        plan.indexes[table] = plan.indexes.get(table, set()) | set(_indexes(node))
        if "Seq Scan" in node["Node Type"]:
            plan.scans.add(table)
        seen = sum(node.get(kind, 0) for kind in LOOKED_AT) * node["Actual Loops"]
        plan.looked_at[table] = plan.looked_at.get(table, 0) + round(seen)
    return plan


def _nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for child in node.get("Plans", ()):
        yield from _nodes(child)


def _indexes(node: dict[str, Any]) -> Iterator[str]:
    """Yield the indexes by which a table is read; those of a bitmap scan are named below it."""
    if "Index Name" in node:
        yield node["Index Name"]
    for child in node.get("Plans", ()):
        if child["Node Type"].startswith("Bitmap"):
            yield from _indexes(child)


def read_details(statement: str, rows: Sequence[Any]) -> Plan:
    """Read what SQLite answers to EXPLAIN QUERY PLAN: number, parent, nothing, detail."""
    depths: dict[int, int] = {0: -1}
    lines = []
    plan = Plan(statement, "")
    for number, parent, _, detail in rows:
        depths[number] = depths.get(parent, -1) + 1
        lines.append("  " * depths[number] + detail)
        if use := re.match(r"(SEARCH|SCAN) (\w+)\b(?!.*VIRTUAL TABLE)", detail):
            index = re.search(r"INDEX (\w+)", detail)
            plan.indexes.setdefault(use[2], set()).update([index[1]] if index else [])
            if use[1] == "SCAN":
                plan.scans.add(use[2])
        if "TEMP B-TREE" in detail:
            plan.sorts.append(detail)
    plan.text = "\n".join(lines)
    return plan
