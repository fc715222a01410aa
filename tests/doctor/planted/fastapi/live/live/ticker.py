import asyncpg


class Ticker:
    async def open(self, url: str) -> None:
        self.pool = await asyncpg.create_pool(url)

    async def price(self) -> int:
        async with self.pool.acquire() as connection:  # expect: FD510
            return await connection.fetchval("select max(price) from items")
