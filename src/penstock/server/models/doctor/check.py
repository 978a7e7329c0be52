"""What a check is: a name, a question, how many things it looks at, and how it finds what is wrong."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from penstock.schemas.responses import Finding
from penstock.server.database import DBInterface

MOST_FINDINGS = 100
"""How many findings one check lists."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long what a loop of the server settles may be overdue, in seconds."""

    overdue_seconds: float = 120.0


DEFAULT_PATIENCE = Patience()


@dataclass(slots=True)
class Findings:
    """What a check found: what is wrong, and what a person did on purpose."""

    violations: list[Finding] = field(default_factory=list)
    overrides: list[Finding] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Examined:
    """What a check is given: the database, a session that only reads, and how patient to be."""

    db: DBInterface
    session: AsyncSession
    patience: Patience = DEFAULT_PATIENCE


@dataclass(frozen=True, slots=True)
class Check:
    """One invariant. ``is_quick``: its cost does not grow with the history of runs."""

    name: str
    sentence: str
    population: Callable[[DBInterface], sa.Select[Any]]
    find: Callable[[Examined], Awaitable[Findings]]
    is_quick: bool = True


async def rows_of(
    examined: Examined, statement: sa.Select[*tuple[Any, ...]]
) -> Sequence[sa.Row[*tuple[Any, ...]]]:
    """Read what a check's statement finds, one more than is listed."""
    return (await examined.session.execute(statement.limit(MOST_FINDINGS + 1))).all()


def count_of(table: Any, *conditions: sa.ColumnElement[bool]) -> sa.Select[Any]:
    """Select how many rows of a table there are."""
    return sa.select(sa.func.count()).select_from(table).where(*conditions)
