import os

from sqlalchemy import create_engine, text

engine = create_engine(os.environ["POOLED_URL"], pool_size=2)


def bill() -> None:
    with engine.begin() as connection:
        connection.execute(text("select pg_advisory_xact_lock(42)"))
        connection.execute(text("update orders set billed = true"))
