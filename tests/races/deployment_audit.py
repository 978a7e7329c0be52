"""A witness for the limits of deployments: triggers that count the runs under way of each group.

A group is the deployments that share a limit. As in ``audit``, the triggers act when the server
has decided, keep a running count, and note every entry beyond what the limit allows then.
"""

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

_OCCUPIES = (
    "({row}.state_type IN ('PENDING', 'RUNNING', 'CANCELLING')"
    " OR ({row}.state_type = 'SCHEDULED' AND {row}.retry_type = 'in_process'))"
)

_TABLES = (
    "CREATE TABLE group_of (deployment_id {uuid} PRIMARY KEY, grp text NOT NULL)",
    "CREATE TABLE group_audit (grp text PRIMARY KEY, held int NOT NULL, most int NOT NULL)",
    "CREATE TABLE group_violation (grp text, held int, allowed int)",
)

_POSTGRESQL = """
CREATE FUNCTION group_audit() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    delta int := %(new)s::int - %(old)s::int;
    its_group text;
    now_held int;
    allowed int;
BEGIN
    SELECT grp INTO its_group FROM group_of WHERE deployment_id = NEW.deployment_id;
    IF delta = 0 OR its_group IS NULL THEN RETURN NULL; END IF;
    UPDATE group_audit SET held = held + delta, most = greatest(most, held + delta)
        WHERE grp = its_group RETURNING held INTO now_held;
    SELECT l."limit" INTO allowed FROM deployment d
        JOIN concurrency_limit_v2 l ON l.id = d.concurrency_limit_id WHERE d.id = NEW.deployment_id;
    IF delta > 0 AND now_held > allowed THEN
        INSERT INTO group_violation VALUES (its_group, now_held, allowed);
    END IF;
    RETURN NULL;
END $$
"""

_SQLITE = """
CREATE TRIGGER group_audit AFTER UPDATE OF state_type ON flow_run
WHEN %(new)s <> %(old)s
BEGIN
    UPDATE group_audit SET held = held + %(new)s - %(old)s, most = max(most, held + %(new)s - %(old)s)
        WHERE grp = (SELECT grp FROM group_of WHERE deployment_id = NEW.deployment_id);
    INSERT INTO group_violation SELECT a.grp, a.held, l."limit"
        FROM group_of g JOIN group_audit a ON a.grp = g.grp
        JOIN deployment d ON d.id = g.deployment_id
        JOIN concurrency_limit_v2 l ON l.id = d.concurrency_limit_id
        WHERE g.deployment_id = NEW.deployment_id AND %(new)s AND a.held > l."limit";
END
"""


async def install(connection: AsyncConnection, groups: dict[str, list[object]]) -> None:
    """Set up the tables and triggers for groups of deployment ids, of which no run is under way."""
    postgresql = connection.dialect.name == "postgresql"
    for statement in _TABLES:
        await connection.execute(sa.text(statement.format(uuid="uuid" if postgresql else "text")))
    insert = sa.text("INSERT INTO group_of VALUES (:id, :grp)").bindparams(
        sa.bindparam("id", type_=sa.Uuid())
    )
    for grp, deployment_ids in groups.items():
        await connection.execute(sa.text("INSERT INTO group_audit VALUES (:grp, 0, 0)"), {"grp": grp})
        for deployment_id in deployment_ids:
            await connection.execute(insert, {"id": deployment_id, "grp": grp})
    names = {"new": _OCCUPIES.format(row="NEW"), "old": _OCCUPIES.format(row="OLD")}
    if not postgresql:
        sqlite = {key: f"coalesce({value}, 0)" for key, value in names.items()}
        await connection.exec_driver_sql(_SQLITE % sqlite)
        return
    await connection.exec_driver_sql(
        _POSTGRESQL % {key: f"coalesce({value}, false)" for key, value in names.items()}
    )
    await connection.exec_driver_sql(
        "CREATE TRIGGER group_audit AFTER UPDATE OF state_type ON flow_run"
        " FOR EACH ROW EXECUTE FUNCTION group_audit()"
    )


async def uninstall(connection: AsyncConnection) -> None:
    """Take triggers and tables away: the database may be used by another test."""
    if connection.dialect.name == "postgresql":
        await connection.exec_driver_sql("DROP TRIGGER IF EXISTS group_audit ON flow_run")
        await connection.exec_driver_sql("DROP FUNCTION IF EXISTS group_audit()")
    else:
        await connection.exec_driver_sql("DROP TRIGGER IF EXISTS group_audit")
    for table in ("group_of", "group_audit", "group_violation"):
        await connection.exec_driver_sql(f"DROP TABLE IF EXISTS {table}")


async def violations(connection: AsyncConnection) -> list[tuple[str, int, int]]:
    """Return group, count and limit of every entry beyond a limit."""
    rows = await connection.execute(sa.text("SELECT grp, held, allowed FROM group_violation"))
    return [(grp, held, allowed) for grp, held, allowed in rows]


async def counts(connection: AsyncConnection) -> dict[str, tuple[int, int]]:
    """Return for each group how many runs are under way, and how many were at the most."""
    rows = await connection.execute(sa.text("SELECT grp, held, most FROM group_audit"))
    return {grp: (held, most) for grp, held, most in rows}
