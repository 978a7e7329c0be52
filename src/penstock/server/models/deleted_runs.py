"""What runs leave behind elsewhere when they are deleted before their end."""

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from penstock.schemas.states import Crashed
from penstock.server.database import DBInterface, db_injector
from penstock.server.database.states import is_terminal
from penstock.server.models.task_run_states import mirror_in_parent

DELETED = "The flow run that it stands for was deleted."


@db_injector
async def end_mirrors(db: DBInterface, session: AsyncSession, going: sa.ColumnElement[bool]) -> None:
    """End the task runs that stand for unfinished runs that are about to be deleted.

    Everything else goes with the row: history, inputs, the slots and leases it holds.
    """
    run = db.FlowRun
    found = await session.scalars(
        sa.select(run)
        .where(
            going,
            run.parent_task_run_id.is_not(None),
            sa.or_(run.state_type.is_(None), sa.not_(is_terminal(run.state_type))),
        )
        .order_by(run.id)
        .with_for_update()
    )
    for one in found.all():
        await mirror_in_parent(session=session, flow_run=one, state=Crashed(message=DELETED))
