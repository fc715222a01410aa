import os

import asyncpg


async def listen(heard) -> None:
    connection = await asyncpg.connect(os.environ["POOLED_URL"], statement_cache_size=0)
    await connection.add_listener("orders", heard)  # expect: FD607
