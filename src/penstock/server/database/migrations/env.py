"""The alembic environment: it works on the connection and in the transaction it is given."""

from alembic import context

from penstock.server.database.orm_models import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    transactional_ddl=False,
    render_as_batch=False,
)
context.run_migrations()
