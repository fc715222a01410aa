"""psycopg's connections for asyncio, binary rows, with pydantic models of them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import psycopg
from psycopg.rows import dict_row

from bench.client.contenders import queries
from bench.client.contenders.queries import Post, User, filter_values, trees, with_author
from bench.client.workload import CONCURRENT, Operation, new_email, new_users, some_user


def _placed(sql: str) -> bytes:
    return sql.replace("%", "%%").format(*["%s"] * 5).encode()


PK, UPDATE, INSERT = map(_placed, (queries.PK, queries.UPDATE, queries.INSERT))
POSTS, TAGS, FILTER = map(_placed, (queries.POSTS, queries.TAGS, queries.FILTER))
LIST, JOIN, USERS = map(_placed, (queries.LIST, queries.JOIN, queries.USERS))
POST_OF = _placed(queries.POST_OF)
BULK = b'insert into "user" (email, name) select * from unnest(%s::text[], %s::text[])'

Connection = psycopg.AsyncConnection[dict[str, Any]]


class _Pool:
    """The simplest pool there can be: as many connections as operations under way."""

    def __init__(self, connections: list[Connection]) -> None:
        self._free = connections

    @asynccontextmanager
    async def lend(self) -> AsyncIterator[Connection]:
        connection = self._free.pop()
        try:
            yield connection
        finally:
            self._free.append(connection)

    async def fetch(self, sql: bytes, *values: object) -> list[dict[str, Any]]:
        async with self.lend() as connection:
            return await fetched(connection, sql, *values)


async def fetched(connection: Connection, sql: bytes, *values: object) -> list[dict[str, Any]]:
    """Run a query, and return its rows."""
    cursor = await connection.execute(sql, values, binary=True)
    return await cursor.fetchall()


async def start_async(url: str) -> dict[str, Operation]:
    """Connect, and return the operations."""
    connect = psycopg.AsyncConnection.connect
    pool = _Pool(
        [
            await connect(url, autocommit=True, row_factory=dict_row, prepare_threshold=0)
            for _ in range(CONCURRENT)
        ]
    )

    async def pk() -> User:
        return User.model_validate((await pool.fetch(PK, some_user()))[0])

    async def list100() -> list[Post]:
        return [Post.model_validate(row) for row in await pool.fetch(LIST)]

    async def join100() -> list[Post]:
        return [with_author(row) for row in await pool.fetch(JOIN)]

    async def tree() -> list[User]:
        async with pool.lend() as connection:
            users = await fetched(connection, USERS)
            posts = await fetched(connection, POSTS, [user["id"] for user in users])
            tags = await fetched(connection, TAGS, [post["id"] for post in posts])
        return trees(users, posts, tags)

    async def insert1() -> User:
        return User.model_validate((await pool.fetch(INSERT, new_email(), "Somebody"))[0])

    async def bulk1000() -> None:
        rows = new_users()
        async with pool.lend() as connection:
            columns = ([row["email"] for row in rows], [row["name"] for row in rows])
            await connection.execute(BULK, columns)

    async def update1() -> User:
        return User.model_validate((await pool.fetch(UPDATE, "Another", some_user()))[0])

    async def tx3() -> tuple[User, User, Post]:
        async with pool.lend() as connection, connection.transaction():
            user = User.model_validate((await fetched(connection, PK, some_user()))[0])
            changed = await fetched(connection, UPDATE, "Third", user.id)
            post = await fetched(connection, POST_OF, user.id)
            return user, User.model_validate(changed[0]), Post.model_validate(post[0])

    async def filter5() -> list[Post]:
        rows = await pool.fetch(FILTER, *filter_values(some_user() // 2))
        return [Post.model_validate(row) for row in rows]

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
