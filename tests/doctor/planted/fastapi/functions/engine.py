import os

from sqlalchemy.ext.asyncio import create_async_engine

engine = create_async_engine(
    os.environ["FUNCTION_URL"], pool_size=1, max_overflow=0, pool_pre_ping=True
)
