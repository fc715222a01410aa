import os

from sqlalchemy import create_engine, text

engine = create_engine(
    os.environ["ANALYTICS_URL"],
    connect_args={"connect_timeout": 5, "options": "-c statement_timeout=30000"},
)


def visits() -> int:
    with engine.connect() as connection:
        return connection.execute(text("select count(*) from visits")).scalar_one()
