"""Parameters with the values that are worked out on the server (orchestration.md 2.6)."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from penstock.schemas.hydration import HydrationError, find_variable_names, hydrate
from penstock.server.database import DBInterface, db_injector


@db_injector
async def hydrate_parameters(
    db: DBInterface, session: AsyncSession, parameters: dict[str, Any]
) -> dict[str, Any]:
    """Return the parameters with templates rendered and variables read; most have none of these.

    Raises:
        HydrationError: a value cannot be worked out.
    """
    names = find_variable_names(parameters)
    variables: dict[str, Any] = {}
    if names:
        rows = await session.execute(
            sa.select(db.Variable.name, db.Variable.value).where(db.Variable.name.in_(names))
        )
        variables = {row.name: row.value for row in rows}
    result = hydrate(parameters, variables)
    if not isinstance(result, dict):
        raise HydrationError("The parameters must be an object of names and values.")
    return result
