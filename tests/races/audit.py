"""A witness inside the database: triggers that count occupied slots at every change of state.

The triggers act when a decision has been made and written, so they can't help the server to make
it. They keep a running count for each pool and queue and note every entry into a slot that leaves
more runs there than the limit allows at that moment.
"""

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

_OCCUPIES = (
    "({row}.state_type IN ('PENDING', 'RUNNING')"
    " OR ({row}.state_type = 'SCHEDULED' AND {row}.retry_type = 'in_process'))"
)

_AUDIT = """
CREATE TABLE slot_audit (
    kind text NOT NULL, id {uuid} NOT NULL, held int NOT NULL, most int NOT NULL, PRIMARY KEY (kind, id)
)
"""

_TABLES = (
    _AUDIT,
    "CREATE TABLE slot_violation (kind text, id {uuid}, held int, allowed int)",
    "INSERT INTO slot_audit SELECT 'pool', id, 0, 0 FROM work_pool",
    "INSERT INTO slot_audit SELECT 'queue', id, 0, 0 FROM work_queue",
)

_POSTGRESQL = """
CREATE FUNCTION slot_audit() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    delta int := %(new)s::int - %(old)s::int;
    pool uuid;
    now_held int;
    allowed int;
BEGIN
    IF delta = 0 THEN RETURN NULL; END IF;
    SELECT work_pool_id INTO pool FROM work_queue WHERE id = NEW.work_queue_id;
    UPDATE slot_audit SET held = held + delta, most = greatest(most, held + delta)
        WHERE kind = 'pool' AND id = pool RETURNING held INTO now_held;
    SELECT concurrency_limit INTO allowed FROM work_pool WHERE id = pool;
    IF delta > 0 AND now_held > allowed THEN
        INSERT INTO slot_violation VALUES ('pool', pool, now_held, allowed);
    END IF;
    UPDATE slot_audit SET held = held + delta, most = greatest(most, held + delta)
        WHERE kind = 'queue' AND id = NEW.work_queue_id RETURNING held INTO now_held;
    SELECT concurrency_limit INTO allowed FROM work_queue WHERE id = NEW.work_queue_id;
    IF delta > 0 AND now_held > allowed THEN
        INSERT INTO slot_violation VALUES ('queue', NEW.work_queue_id, now_held, allowed);
    END IF;
    RETURN NULL;
END $$
"""

_SQLITE = """
CREATE TRIGGER slot_audit AFTER UPDATE OF state_type ON flow_run
WHEN %(new)s <> %(old)s
BEGIN
    UPDATE slot_audit SET held = held + %(new)s - %(old)s,
        most = max(most, held + %(new)s - %(old)s)
        WHERE (kind = 'queue' AND id = NEW.work_queue_id)
        OR (kind = 'pool' AND id = (SELECT work_pool_id FROM work_queue WHERE id = NEW.work_queue_id));
    INSERT INTO slot_violation SELECT 'queue', q.id, a.held, q.concurrency_limit
        FROM work_queue q JOIN slot_audit a ON a.kind = 'queue' AND a.id = q.id
        WHERE q.id = NEW.work_queue_id AND %(new)s AND a.held > q.concurrency_limit;
    INSERT INTO slot_violation SELECT 'pool', p.id, a.held, p.concurrency_limit
        FROM work_queue q JOIN work_pool p ON p.id = q.work_pool_id
        JOIN slot_audit a ON a.kind = 'pool' AND a.id = p.id
        WHERE q.id = NEW.work_queue_id AND %(new)s AND a.held > p.concurrency_limit;
END
"""


async def install(connection: AsyncConnection) -> None:
    """Set up the tables and triggers; pools and queues must exist, and no run may hold a slot."""
    postgresql = connection.dialect.name == "postgresql"
    for statement in _TABLES:
        await connection.execute(sa.text(statement.format(uuid="uuid" if postgresql else "text")))
    names = {"new": _OCCUPIES.format(row="NEW"), "old": _OCCUPIES.format(row="OLD")}
    if not postgresql:
        sqlite = {key: f"coalesce({value}, 0)" for key, value in names.items()}
        await connection.exec_driver_sql(_SQLITE % sqlite)
        return
    await connection.exec_driver_sql(
        _POSTGRESQL % {key: f"coalesce({value}, false)" for key, value in names.items()}
    )
    await connection.exec_driver_sql(
        "CREATE TRIGGER slot_audit AFTER UPDATE OF state_type ON flow_run"
        " FOR EACH ROW EXECUTE FUNCTION slot_audit()"
    )


async def violations(connection: AsyncConnection) -> list[tuple[str, int, int]]:
    """Return kind, count and limit of every entry into a slot beyond a limit."""
    rows = await connection.execute(sa.text("SELECT kind, held, allowed FROM slot_violation"))
    return [(kind, held, allowed) for kind, held, allowed in rows]


async def still_held(connection: AsyncConnection) -> int:
    """Return how many slots are taken now, by the running count."""
    held = await connection.scalar(sa.text("SELECT sum(held) FROM slot_audit WHERE kind = 'pool'"))
    return int(held or 0)


async def most_held(connection: AsyncConnection) -> int:
    """Return the most slots that were ever taken at once in one pool."""
    most = await connection.scalar(sa.text("SELECT max(most) FROM slot_audit WHERE kind = 'pool'"))
    return int(most or 0)
