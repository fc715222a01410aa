"""Runs Alembic's migrations one by one, under an advisory lock of the session."""

from alembic import context
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from tests.peers.migrations.locked import LOCK

engine = create_engine(context.config.get_main_option("sqlalchemy.url") or "", poolclass=NullPool)

with engine.connect() as connection:
    connection.execute(text(f"select pg_advisory_lock({LOCK})"))
    connection.commit()
    try:
        context.configure(connection=connection, transaction_per_migration=True)
        with context.begin_transaction():
            context.run_migrations()
    finally:
        connection.execute(text(f"select pg_advisory_unlock({LOCK})"))
        connection.commit()
