import os

from sqlalchemy import create_engine, text

engine = create_engine(
    os.environ["POOLED_URL"],
    pool_size=2,
    connect_args={"options": "-c search_path=billing"},  # expect: FD528
)


def bill() -> None:
    with engine.connect() as connection:
        connection.execute(text("select pg_advisory_lock(42)"))  # expect: FD606
        connection.execute(text("update orders set billed = true"))
        connection.execute(text("select pg_advisory_unlock(42)"))
