import os

import asyncpg


async def open_pool() -> asyncpg.Pool:
    return await asyncpg.create_pool(os.environ["POOLED_URL"])  # expect: FD525
