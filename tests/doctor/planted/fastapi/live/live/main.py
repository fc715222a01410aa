import asyncio
import os
from contextlib import asynccontextmanager

from fastapi import FastAPI
from psycopg_pool import AsyncConnectionPool
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

engine = create_async_engine(os.environ["LIVE_URL"])  # expect: FD529
Session = async_sessionmaker(engine)  # expect: FD617
events = AsyncConnectionPool(os.environ["LIVE_URL"])  # expect: FD517


@asynccontextmanager
async def lifespan(app: FastAPI):
    yield


app = FastAPI(lifespan=lifespan)


async def both(session: AsyncSession) -> tuple:
    return await asyncio.gather(  # expect: FD616
        session.execute(text("select count(*) from orders")),
        session.execute(text("select count(*) from items")),
    )
