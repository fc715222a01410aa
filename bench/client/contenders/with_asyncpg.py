"""asyncpg's pool, with pydantic models of its rows."""

from __future__ import annotations

import asyncpg  # type: ignore[import-untyped]

from bench.client.contenders import queries
from bench.client.contenders.queries import Post, User, filter_values, trees, with_author
from bench.client.workload import CONCURRENT, Operation, new_email, new_users, some_user


def _numbered(sql: str) -> str:
    return sql.format(*(f"${place}" for place in range(1, 6)))


PK, UPDATE, INSERT = map(_numbered, (queries.PK, queries.UPDATE, queries.INSERT))
POSTS, TAGS, FILTER = map(_numbered, (queries.POSTS, queries.TAGS, queries.FILTER))
POST_OF = _numbered(queries.POST_OF)
BULK = 'insert into "user" (email, name) select * from unnest($1::text[], $2::text[])'


async def start_async(url: str) -> dict[str, Operation]:
    """Connect, and return the operations."""
    pool = await asyncpg.create_pool(url, min_size=CONCURRENT, max_size=CONCURRENT)

    async def pk() -> User:
        return User.model_validate(dict(await pool.fetchrow(PK, some_user())))

    async def list100() -> list[Post]:
        return [Post.model_validate(dict(row)) for row in await pool.fetch(queries.LIST)]

    async def join100() -> list[Post]:
        return [with_author(dict(row)) for row in await pool.fetch(queries.JOIN)]

    async def tree() -> list[User]:
        async with pool.acquire() as connection:
            users = [dict(row) for row in await connection.fetch(queries.USERS)]
            posts = await connection.fetch(POSTS, [user["id"] for user in users])
            found = [dict(row) for row in posts]
            tags = await connection.fetch(TAGS, [post["id"] for post in found])
        return trees(users, found, tags)

    async def insert1() -> User:
        return User.model_validate(dict(await pool.fetchrow(INSERT, new_email(), "Somebody")))

    async def bulk1000() -> None:
        rows = new_users()
        await pool.execute(BULK, [row["email"] for row in rows], [row["name"] for row in rows])

    async def update1() -> User:
        return User.model_validate(dict(await pool.fetchrow(UPDATE, "Another", some_user())))

    async def tx3() -> tuple[User, User, Post]:
        async with pool.acquire() as connection, connection.transaction():
            user = User.model_validate(dict(await connection.fetchrow(PK, some_user())))
            changed = await connection.fetchrow(UPDATE, "Third", user.id)
            post = await connection.fetchrow(POST_OF, user.id)
            return user, User.model_validate(dict(changed)), Post.model_validate(dict(post))

    async def filter5() -> list[Post]:
        rows = await pool.fetch(FILTER, *filter_values(some_user() // 2))
        return [Post.model_validate(dict(row)) for row in rows]

    return {
        "pk": pk,
        "list100": list100,
        "join100": join100,
        "tree": tree,
        "insert1": insert1,
        "bulk1000": bulk1000,
        "update1": update1,
        "tx3": tx3,
        "filter5": filter5,
    }
