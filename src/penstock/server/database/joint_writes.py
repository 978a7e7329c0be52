"""A changed row and the rows that come with it, written at once.

A state change always writes the same three rows: the run, its history, an event. Here they are one
statement on PostgreSQL (data-modifying CTEs: foreign keys are checked when it ends). On SQLite, which
has no such thing, they are three statements that go to the database together, with the commit. The
unit of work of the ORM would work out anew what depends on what, and wait for each of three answers.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstanceState, Mapper
from sqlalchemy.orm.attributes import set_committed_value

from penstock.server.database.dialects.base import NEEDS_NO_ANSWER
from penstock.server.database.interface import DBInterface
from penstock.server.database.tables.base import Base

Keys = tuple[str, ...]
Shape = tuple[type[Base], Keys, tuple[tuple[type[Base], Keys], ...]]
"""What is changed, by its attributes, and what is new with it."""

Write = sa.Update | sa.Insert


async def write_together(
    db: DBInterface, session: AsyncSession, changed: Base, new: Sequence[Base], version: str | None = None
) -> bool:
    """Write the changes of a row of the session, and new rows.

    The new rows do not become objects of the session.

    Args:
        changed: a persistent object with at least one changed column. The caller has locked its row,
            or knows its version.
        new: objects that no session knows.
        version: of the row as it was read (``version_of``): nothing is written if it has changed
            since. Only with new rows, and where rows have versions.

    Returns:
        Whether it was written.
    """
    changes = _changes(changed)
    rows = [(type(one), _values(one)) for one in new]
    shape = (type(changed), tuple(changes), tuple((table, tuple(values)) for table, values in rows))
    parameters = {"changed_id": changed.id, "version": version}
    for number, values in enumerate([changes, *(values for _, values in rows)]):
        parameters |= {_name(number, key): value for key, value in values.items()}
    if version is not None:
        statement = _statement_for_version(shape, db.dialect.row_version)
        if (await (await session.connection()).execute(statement, parameters)).first() is None:
            return False
    else:
        statements = _statements(shape, db.dialect.writes_in_ctes)
        await (await session.connection()).run_sync(_send, statements, parameters)
    for key, value in changes.items():
        set_committed_value(changed, key, value)
    session.expire(changed, _computed(type(changed)))
    return True


@lru_cache(maxsize=8)
def version_of(table: type[Base], row_version: str | None) -> sa.ColumnElement[str]:
    """Return the version of a row of the table, given ``Dialect.row_version``."""
    return sa.cast(sa.literal_column(f"{_table(table).name}.{row_version}"), sa.Text())


def _send(connection: sa.Connection, statements: Sequence[Write], parameters: Mapping[str, Any]) -> None:
    for statement in statements:
        connection.execute(statement, parameters, execution_options={NEEDS_NO_ANSWER: True})


@lru_cache(maxsize=512)
def _statements(shape: Shape, in_one: bool) -> Sequence[Write]:
    changed, keys, new = shape
    update = _update(changed, keys)
    inserts = [
        sa.insert(_table(one)).values(_parameters(number, one, keys)).inline()
        for number, (one, keys) in enumerate(new, start=1)
    ]
    if not in_one or not inserts:
        return [update, *inserts]
    *others, last = inserts
    ctes = [write.cte(f"write_{number}") for number, write in enumerate([update, *others])]
    return [last.add_cte(*ctes)]


@lru_cache(maxsize=512)
def _statement_for_version(shape: Shape, row_version: str | None) -> sa.Insert:
    """Return the statement that writes nothing when the row has another version, and else returns a row."""
    changed, keys, new = shape
    version = version_of(changed, row_version)
    update = _update(changed, keys).where(version == sa.bindparam("version", type_=sa.Text()))
    written = update.returning(_table(changed).c.id).cte("written")
    inserts = []
    for number, (one, of_one) in enumerate(new, start=1):
        values = _parameters(number, one, of_one)
        row = sa.select(*values.values()).select_from(written)
        inserts.append(sa.insert(_table(one)).from_select(list(values), row, include_defaults=False))
    *others, last = inserts
    ctes = [write.cte(f"write_{number}") for number, write in enumerate(others, start=1)]
    return last.add_cte(*ctes).returning(sa.literal(1))


def _update(table: type[Base], keys: Keys) -> sa.Update:
    changed = _table(table)
    return (
        sa.update(changed)
        .where(changed.c.id == sa.bindparam("changed_id", type_=sa.Uuid()))
        .values(_parameters(0, table, keys))
    )


def _table(mapped: type[Base]) -> sa.Table:
    table = mapped.__table__
    assert isinstance(table, sa.Table)
    return table


def _parameters(number: int, table: type[Base], keys: Keys) -> dict[sa.Column[Any], Any]:
    columns = _columns(table)
    return {columns[key]: sa.bindparam(_name(number, key), type_=columns[key].type) for key in keys}


def _name(number: int, key: str) -> str:
    return f"{key}_{number}"


@lru_cache(maxsize=64)
def _columns(table: type[Base]) -> Mapping[str, sa.Column[Any]]:
    """Return the columns that are written, by attribute."""
    mapper: Mapper[Any] = sa.inspect(table)
    columns = {prop.key: prop.columns[0] for prop in mapper.column_attrs}
    return {
        key: column
        for key, column in columns.items()
        if isinstance(column, sa.Column) and column.computed is None and column.identity is None
    }


@lru_cache(maxsize=64)
def _computed(table: type[Base]) -> Sequence[str]:
    mapper: Mapper[Any] = sa.inspect(table)
    return [
        prop.key for prop in mapper.column_attrs if getattr(prop.columns[0], "computed", None) is not None
    ]


def _changes(changed: Base) -> dict[str, Any]:
    """Return the values of the changed columns, and of those that change with every UPDATE."""
    state: InstanceState[Any] = sa.inspect(changed)
    columns = _columns(type(changed))
    before = state.committed_state
    changes = {key: state.dict[key] for key in columns if key in before and before[key] != state.dict[key]}
    for key, column in columns.items():
        if column.onupdate is not None and key not in changes:
            changes[key] = _default(column.onupdate)
    return changes


def _values(new: Base) -> dict[str, Any]:
    """Return the values of a new row, the defaults of its columns included."""
    given = sa.inspect(new).dict
    values = {}
    for key, column in _columns(type(new)).items():
        value = given.get(key)
        values[key] = _default(column.default) if value is None and column.default is not None else value
    return values


def _default(default: Any) -> Any:
    return default.arg(None) if default.is_callable else default.arg
