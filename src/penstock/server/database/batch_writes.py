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
from penstock.server.database.loose_rows import class_of
from penstock.server.database.plain import Statements
from penstock.server.database.tables.base import Base

Rows = Sequence[Mapping[str, Any]]
CHANGED_ID = "changed_id"
CHANGED = 0
"""The number of the changed rows; the new ones of each table have the numbers after it."""

Place = tuple[int, str]
"""A column: the number of its rows, and its name there."""

Same = tuple[tuple[str, Place], ...]
"""Columns of new rows whose values are those of others, row by row."""


async def write_all_together(
    db: DBInterface,
    session: AsyncSession,
    statements: Statements,
    changed: Sequence[Base],
    new: Sequence[Sequence[NewRow]],
    same: tuple[Same, ...] = (),
) -> None:
    """Write the changes of rows, and new rows.

    The new rows do not become objects of the session.

    Args:
        session: whose objects some of the changed ones may be.
        statements: in a transaction that writes.
        changed: objects of one class, as they are stored, each with at least one changed column. The
            caller has locked their rows.
        new: for each table its new rows, in the order in which they are written; no session knows them.
        same: for each table what need not be sent twice where all is one statement, if each of the new
            rows comes with one of the changed ones.
    """
    changes = [changes_of(one) for one in changed]
    table = class_of(changed[0])
    named = set().union(*changes)
    keys = tuple(key for key in columns_of(table) if key in named)
    updates = [_updated(one, values, keys) for one, values in zip(changed, changes, strict=True)]
    inserts = _values(new)
    if db.dialect.writes_in_ctes:
        shape = _shape(new, inserts)
        if any(len(rows) != len(changed) for rows in new):
            same = ()
        names = _names((table, keys), shape, same)
        statement = _one_statement((table, keys), shape, same)
        await statements.write([statement], _lists([updates, *inserts], names))
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
        shape = _shape(new, inserts)
        statement, names = _one_statement(None, shape), _names(None, shape)
        await db.statements_of(session).write([statement], _lists([[], *inserts], names))
    else:
        await _insert_each(db.statements_of(session), _shape(new, inserts), inserts)


def _updated(row: Base, changes: Mapping[str, Any], keys: Keys) -> Mapping[str, Any]:
    """Return a row's values of these columns, which may have changed in other rows only."""
    if len(changes) < len(keys):
        changes = {key: changes[key] if key in changes else getattr(row, key) for key in keys}
    return {CHANGED_ID: row.id, **changes}


async def _insert_each(statements: Statements, new: Sequence[Columns], inserts: Sequence[Rows]) -> None:
    for (table, keys), rows in zip(new, inserts, strict=True):
        await statements.write_each(_insert_of_each(table, keys), rows)


def _values(new: Sequence[Sequence[NewRow]]) -> list[Rows]:
    return [[values_of(row) for row in rows] for rows in new]


def _shape(new: Sequence[Sequence[NewRow]], inserts: Sequence[Rows]) -> tuple[Columns, ...]:
    return tuple((target_of(rows[0]), tuple(values[0])) for rows, values in zip(new, inserts, strict=True))


def _lists(tables: Sequence[Rows], names: Mapping[Place, str]) -> dict[str, list[Any]]:
    """Return the values of each column that is sent, by the name of its parameter."""
    return {
        name: [row[key] for row in tables[number]]
        for (number, key), name in names.items()
        if name == _name(number, key)
    }


@lru_cache(maxsize=64)
def _names(
    changed: Columns | None, new: tuple[Columns, ...], same: tuple[Same, ...] = ()
) -> Mapping[Place, str]:
    """Return the parameter that has the values of each column."""
    names: dict[Place, str] = {}
    if changed is not None:
        names |= {(CHANGED, key): _name(CHANGED, key) for key in (CHANGED_ID, *changed[1])}
    for number, (_, keys) in enumerate(new, start=CHANGED + 1):
        others = dict(same[number - 1]) if same else {}
        for key in keys:
            names[number, key] = names.get(others.get(key, (number, key)), _name(number, key))
    return names


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
def _one_statement(
    changed: Columns | None, new: tuple[Columns, ...], same: tuple[Same, ...] = ()
) -> sa.Insert:
    """Return the statement that updates the rows of one table, if any, and adds rows to others."""
    parameters = _names(changed, new, same)
    updates = [] if changed is None else [_update_of_all(*changed, parameters)]
    inserts = []
    for number, (inserted, inserted_keys) in enumerate(new, start=CHANGED + 1):
        own = columns_of(inserted)
        rows = _given(number, {key: own[key] for key in inserted_keys}, parameters)
        names = [own[key] for key in inserted_keys]
        inserts.append(
            sa.insert(table_of(inserted)).from_select(names, sa.select(*rows.c), include_defaults=False)
        )
    *others, last = inserts
    ctes = [write.cte(f"write_{number}") for number, write in enumerate([*updates, *others])]
    return last.add_cte(*ctes)


def _update_of_all(table: Target, keys: Keys, parameters: Mapping[Place, str]) -> sa.Update:
    target, columns = table_of(table), columns_of(table)
    changed = {CHANGED_ID: target.c.id} | {key: columns[key] for key in keys}
    given = _given(CHANGED, changed, parameters)
    return (
        sa.update(target)
        .where(target.c.id == given.c[CHANGED_ID])
        .values({columns[key]: given.c[key] for key in keys})
    )


def _given(
    number: int, columns: Mapping[str, sa.Column[Any]], parameters: Mapping[Place, str]
) -> sa.TableValuedAlias:
    """Return the lists of values of some columns as rows."""
    lists = [
        sa.bindparam(parameters[number, key], type_=sa.ARRAY(column.type, dimensions=1))
        for key, column in columns.items()
    ]
    names = [sa.column(key, column.type) for key, column in columns.items()]
    return sa.func.unnest(*lists).table_valued(*names, name=f"given_{number}").render_derived()
