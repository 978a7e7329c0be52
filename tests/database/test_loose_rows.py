"""Loose rows hold what the objects of a session hold, and know what has been changed."""

from collections.abc import Iterable
from itertools import product
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm.exc import UnmappedInstanceError

from penstock.core.clock import utc_now
from penstock.schemas.states import Scheduled
from penstock.server.database import DBInterface
from penstock.server.database.batch_writes import write_all_together
from penstock.server.database.joint_writes import write_together
from penstock.server.database.loose_rows import loose_row, stored_columns, stored_row
from penstock.server.database.orm_models import Flow, FlowRun
from tests.support.factories import make_run, unique
from tests.support.stored_runs import COLUMNS, STATE_COLUMNS

RUN = sa.select(*stored_columns(FlowRun).values()).where(
    FlowRun.id == sa.bindparam("flow_run_id", type_=sa.Uuid())
)
DUE = utc_now()
NAMES = [one.key for one in sa.inspect(FlowRun).column_attrs]
OWN = ("id", "name", "created", "updated")
"""What two runs do not share from their beginning."""
SHARED = [name for name in NAMES if name not in OWN]

each_way = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


async def store_run(session: AsyncSession, values: dict[str, Any]) -> FlowRun:
    run = await make_run(session, state=Scheduled(DUE))
    for name, value in values.items():
        setattr(run, name, value)
    await session.commit()
    await session.refresh(run)
    return run


async def read_loose(db: DBInterface, run: FlowRun) -> FlowRun:
    async with db.direct_context() as statements:
        [row] = await statements.rows(RUN, {"flow_run_id": run.id})
    return stored_row(FlowRun, row)


def held(run: FlowRun, names: Iterable[str] = NAMES) -> dict[str, Any]:
    return {name: getattr(run, name) for name in names}


@each_way
@given(columns=COLUMNS, state=STATE_COLUMNS)
async def test_it_holds_what_an_object_holds(
    db: DBInterface, session: AsyncSession, columns: dict[str, Any], state: dict[str, Any]
) -> None:
    run = await store_run(session, columns | state)
    loose = await read_loose(db, run)
    assert held(loose) == held(run)
    assert isinstance(loose, FlowRun)
    assert loose.state == run.state
    assert str(loose) == str(run)


@each_way
@given(columns=COLUMNS, others=st.lists(COLUMNS, min_size=1, max_size=3), state=STATE_COLUMNS)
async def test_what_was_changed_is_written_as_a_session_writes_it(
    db: DBInterface,
    session: AsyncSession,
    columns: dict[str, Any],
    others: list[dict[str, Any]],
    state: dict[str, Any],
) -> None:
    """Whether one is written or several of which each has changed in other ways."""
    twins = [await store_run(session, columns) for _ in others]
    runs = [await store_run(session, columns) for _ in others]
    loose = [await read_loose(db, run) for run in runs]
    for both, changes in zip(zip(twins, loose, strict=True), others, strict=True):
        for one, (name, value) in product(both, {**changes, **state}.items()):
            setattr(one, name, value)
    await session.commit()
    async with db.telling_context() as told, db.direct_transaction() as statements:
        if len(loose) == 1:
            await write_together(db, told, statements, loose, [])
        else:
            await write_all_together(db, told, statements, loose, [[Flow(name=unique("flow"))]])
    for twin, run, one in zip(twins, runs, loose, strict=True):
        for stored in (twin, run):
            await session.refresh(stored)
        assert held(run, SHARED) == held(twin, SHARED)
        assert run.updated > run.created
        with pytest.raises(AttributeError):
            # the database has computed it anew
            _ = one.retry_type


async def test_what_was_not_read_cannot_be_asked_for(session: AsyncSession) -> None:
    run = await store_run(session, {})
    loose = loose_row(FlowRun, {"id": run.id, "name": run.name})
    assert (loose.id, loose.name) == (run.id, run.name)
    with pytest.raises(AttributeError, match="'parameters' of this row was not read"):
        _ = loose.parameters
    loose.parameters = {"x": 1}
    assert loose.parameters == {"x": 1}


async def test_no_session_takes_it(session: AsyncSession) -> None:
    loose = loose_row(FlowRun, {"name": "x"})
    with pytest.raises(UnmappedInstanceError):
        session.add(loose)
