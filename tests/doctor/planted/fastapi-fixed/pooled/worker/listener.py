import os

import asyncpg


async def listen(heard) -> None:
    connection = await asyncpg.connect(os.environ["DIRECT_URL"])
    await connection.add_listener("orders", heard)
