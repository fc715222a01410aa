import asyncio

from engine import engine
from sqlalchemy import text


async def answer(event):
    async with engine.connect() as connection:
        return (await connection.execute(text("select 1"))).scalar()


def handler(event, context):
    return asyncio.run(answer(event))  # expect: FD521
