import os
from contextlib import asynccontextmanager

from fastapi import FastAPI
from psycopg_pool import AsyncConnectionPool
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

engine = create_async_engine(os.environ["LIVE_URL"])
Session = async_sessionmaker(engine, expire_on_commit=False)
events = AsyncConnectionPool(os.environ["LIVE_URL"], open=False)


@asynccontextmanager
async def lifespan(app: FastAPI):
    await events.open()
    yield
    await events.close()
    await engine.dispose()


app = FastAPI(lifespan=lifespan)


async def both(session: AsyncSession) -> tuple:
    orders = await session.execute(text("select count(*) from orders"))
    return orders, await session.execute(text("select count(*) from items"))
