"""Rows and the rows that come with them, written at once.

A state change always writes the same three rows: the run, its history, an event; a lease or the task
run it stands for may come with them. Here they are one
statement on PostgreSQL (data-modifying CTEs: foreign keys are checked when it ends). On SQLite, which
has no such thing, they are three statements that go to the database together, with the commit. The
unit of work of the ORM would work out anew what depends on what, and wait for each of three answers.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstanceState, Mapper
from sqlalchemy.orm.attributes import set_committed_value

from penstock.server.database.interface import DBInterface
from penstock.server.database.loose_rows import LooseRow, class_of
from penstock.server.database.plain import Statements
from penstock.server.database.tables.base import Base

Keys = tuple[str, ...]
Target = type[Base] | sa.Table
Columns = tuple[Target, Keys]
"""A table and the attributes of it that are written."""

Shape = tuple[Columns, ...]
Condition = sa.ColumnElement[bool]
Write = sa.Update | sa.Insert


@dataclass(frozen=True, slots=True)
class RowValues:
    """A new row that never becomes an object: its values by attribute.

    Given a class, what is missing has its default; given a table, nothing is missing.
    """

    table: Target
    values: Mapping[str, Any]


NewRow = Base | RowValues


async def write_together(
    db: DBInterface,
    session: AsyncSession,
    statements: Statements,
    changed: Sequence[Base],
    new: Sequence[NewRow],
) -> None:
    """Write the changes of rows, and new rows.

    The new rows do not become objects of the session.

    Args:
        session: whose objects some of the changed ones may be.
        statements: in a transaction that writes.
        changed: objects as they are stored, each with at least one changed column. The caller has locked
            their rows.
        new: objects that no session knows, or rows of tables without a class; each after those it
            refers to.
    """
    changes = [changes_of(one) for one in changed]
    rows = [values_of(one) for one in new]
    parameters = _named([*changes, *rows]) | {_id_name(at): one.id for at, one in enumerate(changed)}
    writes = _statements(_shape(changed, changes), _shape(new, rows), db.dialect.writes_in_ctes)
    await statements.write(writes, parameters)
    for one, values in zip(changed, changes, strict=True):
        settle_changes(session, one, values)


async def write_if_unchanged(
    db: DBInterface,
    statements: Statements,
    changed: Base,
    new: Sequence[NewRow],
    version: str,
    condition: Condition | None = None,
) -> bool:
    """Write the changes of a row that nobody has locked, and new rows, unless it has changed since.

    Only where rows have versions (``Dialect.row_version``).

    Args:
        changed: an object with at least one changed column.
        new: as for ``write_together``.
        version: of the row as it was read (``version_of``).
        condition: what must hold, too, of the row; always the same object.

    Returns:
        Whether it was written.
    """
    changes = changes_of(changed)
    rows = [values_of(one) for one in new]
    [update] = _shape([changed], [changes])
    statement = _statement_for_version(update, _shape(new, rows), db.dialect.row_version, condition)
    parameters = _named([changes, *rows]) | {_id_name(0): changed.id, "version": version}
    return bool(await statements.rows(statement, parameters))


async def insert_together(db: DBInterface, statements: Statements, new: Sequence[NewRow]) -> None:
    """Write new rows, which do not become objects of a session.

    Args:
        new: as for ``write_together``.
    """
    rows = [values_of(one) for one in new]
    await statements.write(_statements((), _shape(new, rows), db.dialect.writes_in_ctes), _named(rows))


def fill_in_defaults(new: Base) -> None:
    """Give a new object, which no session knows, the values that its columns have by default."""
    sa.inspect(new).dict.update(values_of(new))


def _shape(rows: Sequence[NewRow], values: Sequence[Mapping[str, Any]]) -> Shape:
    return tuple((target_of(row), tuple(given)) for row, given in zip(rows, values, strict=True))


def target_of(row: NewRow) -> Target:
    """Return the class or the table of a new row."""
    return row.table if isinstance(row, RowValues) else class_of(row)


def _named(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    return {_name(number, key): value for number, row in enumerate(rows) for key, value in row.items()}


def settle_changes(session: AsyncSession, row: Base, changes: Mapping[str, Any]) -> None:
    """Note that a changed object is as its row; what the row computes is read anew."""
    computed = _computed_of(class_of(row))
    if isinstance(row, LooseRow):
        row.keep(changes, computed)
        return
    for key, value in changes.items():
        set_committed_value(row, key, value)
    if computed:
        # without names everything would expire
        session.expire(row, computed)


@lru_cache(maxsize=8)
def version_of(table: type[Base], row_version: str | None) -> sa.ColumnElement[str]:
    """Return the version of a row of the table, given ``Dialect.row_version``."""
    return sa.cast(sa.literal_column(f"{table_of(table).name}.{row_version}"), sa.Text())


@lru_cache(maxsize=512)
def _statements(changed: Shape, new: Shape, in_one: bool) -> Sequence[Write]:
    updates = [_update(number, table, keys) for number, (table, keys) in enumerate(changed)]
    inserts = [
        sa.insert(table_of(table)).values(_parameters(number, table, keys)).inline()
        for number, (table, keys) in enumerate(new, start=len(changed))
    ]
    writes: list[Write] = [*updates, *inserts]
    if not in_one or not inserts:
        return writes
    ctes = [write.cte(f"write_{number}") for number, write in enumerate(writes[:-1])]
    return [inserts[-1].add_cte(*ctes)]


@lru_cache(maxsize=512)
def _statement_for_version(
    changed: Columns, new: Shape, row_version: str | None, condition: Condition | None
) -> sa.Insert:
    """Return the statement that writes nothing when the row has another version, and else returns a row."""
    table, _ = changed
    version = version_of(table, row_version)
    update = _update(0, *changed).where(version == sa.bindparam("version", type_=sa.Text()))
    if condition is not None:
        update = update.where(condition)
    written = update.returning(table_of(table).c.id).cte("written")
    inserts = []
    for number, (one, keys) in enumerate(new, start=1):
        values = _parameters(number, one, keys)
        row = sa.select(*values.values()).select_from(written)
        inserts.append(sa.insert(table_of(one)).from_select(list(values), row, include_defaults=False))
    *others, last = inserts
    ctes = [write.cte(f"write_{number}") for number, write in enumerate(others, start=1)]
    return last.add_cte(*ctes).returning(sa.literal(1))


def _update(number: int, table: Target, keys: Keys) -> sa.Update:
    changed = table_of(table)
    return (
        sa.update(changed)
        .where(changed.c.id == sa.bindparam(_id_name(number), type_=sa.Uuid()))
        .values(_parameters(number, table, keys))
    )


def _id_name(number: int) -> str:
    return f"changed_id_{number}"


def table_of(target: Target) -> sa.Table:
    """Return the table of a class; a table itself as it is."""
    if isinstance(target, sa.Table):
        return target
    table = target.__table__
    assert isinstance(table, sa.Table)
    return table


def _parameters(number: int, table: Target, keys: Keys) -> dict[sa.Column[Any], Any]:
    columns = columns_of(table)
    return {columns[key]: sa.bindparam(_name(number, key), type_=columns[key].type) for key in keys}


def _name(number: int, key: str) -> str:
    return f"{key}_{number}"


@lru_cache(maxsize=64)
def columns_of(table: Target) -> Mapping[str, sa.Column[Any]]:
    """Return the columns that are written, by attribute."""
    if isinstance(table, sa.Table):
        return {column.key: column for column in table.columns}
    mapper: Mapper[Any] = sa.inspect(table)
    columns = {prop.key: prop.columns[0] for prop in mapper.column_attrs}
    return {
        key: column
        for key, column in columns.items()
        if isinstance(column, sa.Column) and column.computed is None and column.identity is None
    }


@lru_cache(maxsize=64)
def _computed_of(table: type[Base]) -> Sequence[str]:
    """Return the attributes that the database computes from others, so that they are read anew."""
    mapper: Mapper[Any] = sa.inspect(table)
    return [
        prop.key for prop in mapper.column_attrs if getattr(prop.columns[0], "computed", None) is not None
    ]


def changes_of(changed: Base) -> dict[str, Any]:
    """Return the values of the changed columns, and of those that change with every UPDATE."""
    table = class_of(changed)
    if isinstance(changed, LooseRow):
        changes = changed.changes()
    else:
        state: InstanceState[Any] = sa.inspect(changed)
        before, now = state.committed_state, state.dict
        keys = [key for key in columns_of(table) if key in before]
        changes = {key: now[key] for key in keys if before[key] is not now[key] and before[key] != now[key]}
    for key, default in _changing_always(table):
        if key not in changes:
            changes[key] = _default(default)
    return changes


@lru_cache(maxsize=64)
def _changing_always(table: type[Base]) -> Sequence[tuple[str, Any]]:
    return [
        (key, column.onupdate) for key, column in columns_of(table).items() if column.onupdate is not None
    ]


def values_of(new: NewRow) -> Mapping[str, Any]:
    """Return the values of a new row, the defaults of its columns included."""
    if isinstance(new, RowValues):
        given, table = new.values, new.table
        if isinstance(table, sa.Table):
            return given
    else:
        given, table = sa.inspect(new).dict, type(new)
    values = {}
    for key, default in _defaults_of(table).items():
        value = given.get(key)
        values[key] = _default(default) if value is None and default is not None else value
    return values


@lru_cache(maxsize=64)
def _defaults_of(table: Target) -> Mapping[str, Any]:
    return {key: column.default for key, column in columns_of(table).items()}


def _default(default: Any) -> Any:
    return default.arg(None) if default.is_callable else default.arg
