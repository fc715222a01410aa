import os

from sqlalchemy import create_engine, text

engine = create_engine(os.environ["ANALYTICS_URL"])  # expect: FD508


def visits() -> int:
    with engine.connect() as connection:
        return connection.execute(text("select count(*) from visits")).scalar_one()
