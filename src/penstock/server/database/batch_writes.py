"""The changes of many rows and the rows that come with them, or new rows of several tables, written at once.

What ``joint_writes`` does for one change: on PostgreSQL one statement, which is given a list of values
for each column, so that its text is the same for two changes and for two hundred; on SQLite one for each
table, executed for every row.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from penstock.server.database.interface import DBInterface
from penstock.server.database.joint_writes import (
    Columns,
    Keys,
    NewRow,
    Target,
    changes_of,
    columns_of,
    settle_changes,
    table_of,
    target_of,
    values_of,
)
from penstock.server.database.plain import Statements
from penstock.server.database.tables.base import Base

Rows = Sequence[Mapping[str, Any]]
CHANGED_ID = "changed_id"


async def write_all_together(
    db: DBInterface,
    session: AsyncSession,
    statements: Statements,
    changed: Sequence[Base],
    new: Sequence[Sequence[NewRow]],
) -> None:
    """Write the changes of rows, and new rows.

    The new rows do not become objects of the session.

    Args:
        session: whose objects some of the changed ones may be.
        statements: in a transaction that writes.
        changed: objects of one class, as they are stored, each with at least one changed column. The
            caller has locked their rows.
        new: for each table its new rows, in the order in which they are written; no session knows them.
    """
    changes = [changes_of(one) for one in changed]
    table = type(changed[0])
    keys = tuple(key for key in columns_of(table) if any(key in one for one in changes))
    updates = [
        {CHANGED_ID: one.id} | {key: values[key] if key in values else getattr(one, key) for key in keys}
        for one, values in zip(changed, changes, strict=True)
    ]
    inserts = _values(new)
    if db.dialect.writes_in_ctes:
        statement = _one_statement((table, keys), _shape(new, inserts))
        await statements.write([statement], _lists([updates, *inserts]))
    else:
        await statements.write_each(_update_of_each(table, keys), updates)
        await _insert_each(statements, _shape(new, inserts), inserts)
    for one, values in zip(changed, changes, strict=True):
        settle_changes(session, one, values)


async def insert_all_together(
    db: DBInterface, session: AsyncSession, new: Sequence[Sequence[NewRow]]
) -> None:
    """Write new rows, which do not become objects of the session.

    Args:
        new: as for ``write_all_together``, of each table at least one.
    """
    inserts = _values(new)
    if db.dialect.writes_in_ctes:
        # the first list is that of the changed rows
        statement = _one_statement(None, _shape(new, inserts))
        await db.statements_of(session).write([statement], _lists([[], *inserts]))
    else:
        await _insert_each(db.statements_of(session), _shape(new, inserts), inserts)


async def _insert_each(statements: Statements, new: Sequence[Columns], inserts: Sequence[Rows]) -> None:
    for (table, keys), rows in zip(new, inserts, strict=True):
        await statements.write_each(_insert_of_each(table, keys), rows)


def _values(new: Sequence[Sequence[NewRow]]) -> list[Rows]:
    return [[values_of(row) for row in rows] for rows in new]


def _shape(new: Sequence[Sequence[NewRow]], inserts: Sequence[Rows]) -> tuple[Columns, ...]:
    return tuple((target_of(rows[0]), tuple(values[0])) for rows, values in zip(new, inserts, strict=True))


def _lists(tables: Sequence[Rows]) -> dict[str, list[Any]]:
    return {
        _name(number, key): [row[key] for row in rows]
        for number, rows in enumerate(tables)
        if rows
        for key in rows[0]
    }


def _name(number: int, key: str) -> str:
    return f"{key}_{number}"


@lru_cache(maxsize=64)
def _update_of_each(table: type[Base], keys: Keys) -> sa.Update:
    target = table_of(table)
    values = {target.c[key]: sa.bindparam(key, type_=target.c[key].type) for key in keys}
    return sa.update(target).where(target.c.id == sa.bindparam(CHANGED_ID, type_=sa.Uuid())).values(values)


@lru_cache(maxsize=64)
def _insert_of_each(table: Target, keys: Keys) -> sa.Insert:
    columns = columns_of(table)
    values = {columns[key]: sa.bindparam(key, type_=columns[key].type) for key in keys}
    return sa.insert(table_of(table)).values(values).inline()


@lru_cache(maxsize=64)
def _one_statement(changed: Columns | None, new: tuple[Columns, ...]) -> sa.Insert:
    """Return the statement that updates the rows of one table, if any, and adds rows to others."""
    updates = [] if changed is None else [_update_of_all(*changed)]
    inserts = []
    for number, (inserted, inserted_keys) in enumerate(new, start=1):
        own = columns_of(inserted)
        rows = _given(number, {key: own[key] for key in inserted_keys})
        names = [own[key] for key in inserted_keys]
        inserts.append(
            sa.insert(table_of(inserted)).from_select(names, sa.select(*rows.c), include_defaults=False)
        )
    *others, last = inserts
    ctes = [write.cte(f"write_{number}") for number, write in enumerate([*updates, *others])]
    return last.add_cte(*ctes)


def _update_of_all(table: Target, keys: Keys) -> sa.Update:
    target, columns = table_of(table), columns_of(table)
    given = _given(0, {CHANGED_ID: target.c.id} | {key: columns[key] for key in keys})
    return (
        sa.update(target)
        .where(target.c.id == given.c[CHANGED_ID])
        .values({columns[key]: given.c[key] for key in keys})
    )


def _given(number: int, columns: Mapping[str, sa.Column[Any]]) -> sa.TableValuedAlias:
    """Return the lists of values of some columns as rows."""
    lists = [
        sa.bindparam(_name(number, key), type_=sa.ARRAY(column.type, dimensions=1))
        for key, column in columns.items()
    ]
    names = [sa.column(key, column.type) for key, column in columns.items()]
    return sa.func.unnest(*lists).table_valued(*names, name=f"given_{number}").render_derived()
