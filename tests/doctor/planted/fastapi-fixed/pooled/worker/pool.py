import os

import asyncpg


async def open_pool() -> asyncpg.Pool:
    return await asyncpg.create_pool(os.environ["POOLED_URL"], statement_cache_size=0)
