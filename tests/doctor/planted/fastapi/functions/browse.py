import os

from sqlalchemy import create_engine, text

engine = create_engine(os.environ["FUNCTION_URL"], pool_pre_ping=True)  # expect: FD504


def handler(event, context):
    with engine.connect() as connection:
        return connection.execute(text("select 1")).scalar()
