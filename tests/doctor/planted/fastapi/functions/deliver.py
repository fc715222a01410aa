import os

from sqlalchemy import create_engine, text

engine = create_engine(os.environ["FUNCTION_URL"], pool_size=1, max_overflow=0)  # expect: FD511


def handler(event, context):
    with engine.connect() as connection:
        return connection.execute(text("select 1")).scalar()
