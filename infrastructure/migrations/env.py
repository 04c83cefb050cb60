"""Where alembic takes the connection from: whoever migrates hands it over."""

from alembic import context

context.configure(connection=context.config.attributes["connection"])
with context.begin_transaction():
    context.run_migrations()
