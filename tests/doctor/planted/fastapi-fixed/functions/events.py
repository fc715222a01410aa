import asyncio

from engine import engine
from sqlalchemy import text

loop = asyncio.new_event_loop()


async def answer(event):
    async with engine.connect() as connection:
        return (await connection.execute(text("select 1"))).scalar()


def handler(event, context):
    return loop.run_until_complete(answer(event))
