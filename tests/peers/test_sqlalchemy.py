"""SQLAlchemy 2 over psycopg and over asyncpg, with its own pools."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import (
    Column,
    Connection,
    Engine,
    ForeignKey,
    Integer,
    MetaData,
    String,
    Table,
    create_engine,
    func,
    insert,
    inspect,
    select,
    text,
    update,
)
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine

from tests.support.comparison import Compare, Transcript
from tests.support.door import Door

METADATA = MetaData()
AUTHOR = Table(
    "author",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("name", String(20), unique=True),
)
POST = Table(
    "post",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("author_id", ForeignKey("author.id"), nullable=False),
    Column("title", String),
)


def _failure(connection: Connection, statement: Any) -> tuple[str, object]:
    with pytest.raises(DBAPIError) as caught, connection.begin_nested():
        connection.execute(statement)
    return type(caught.value).__name__, getattr(caught.value.orig, "sqlstate", None)


def _talk(connection: Connection) -> Transcript:
    """Use a connection for one transaction."""
    seen: Transcript = []
    METADATA.create_all(connection)
    seen.append(sorted(inspect(connection).get_table_names()))
    seen.append([str(column["type"]) for column in inspect(connection).get_columns("post")])
    names = [{"id": number, "name": f"author {number}"} for number in range(30)]
    connection.execute(insert(AUTHOR), names)
    posts = [{"author_id": number % 30, "title": f"post {number}"} for number in range(90)]
    returned = connection.execute(insert(POST).returning(POST.c.id), posts)
    seen.append(returned.scalars().all())
    seen.append(_failure(connection, insert(AUTHOR).values(id=1, name="again")))
    seen.append(_failure(connection, insert(POST).values(author_id=999)))
    seen.append(_failure(connection, text("select nowhere")))
    connection.execute(update(POST).where(POST.c.id < 10).values(title="changed"))
    query = (
        select(AUTHOR.c.name, func.count())
        .join(POST)
        .group_by(AUTHOR.c.name)
        .order_by(AUTHOR.c.name)
    )
    seen += [tuple(row) for row in connection.execute(query)]
    return seen


def _read(connection: Connection) -> Transcript:
    """Use a connection for one transaction that only reads."""
    streamed = connection.execution_options(yield_per=7).execute(select(POST).order_by(POST.c.id))
    return [tuple(row) for row in streamed]


def _finish(engine: Engine, change: Callable[[], None]) -> Transcript:
    seen: Transcript = []
    with engine.begin() as connection:
        seen += _talk(connection)
    for _ in range(8):
        change()
        with engine.connect() as connection:
            seen += _read(connection)
    change()
    with engine.begin() as connection:
        METADATA.drop_all(connection)
    return seen


def test_psycopg(compare: Compare) -> None:
    def script(door: Door, change: Callable[[], None]) -> Transcript:
        engine = create_engine(door.url("postgresql+psycopg"), pool_size=1)
        try:
            return _finish(engine, change)
        finally:
            engine.dispose()

    assert ("IntegrityError", "23505") in compare(script)


def test_asyncpg(compare: Compare) -> None:
    async def run(door: Door, change: Callable[[], None]) -> Transcript:
        engine = create_async_engine(
            door.url("postgresql+asyncpg"), pool_size=1, connect_args={"ssl": False}
        )
        seen: Transcript = []
        try:
            async with engine.begin() as connection:
                seen += await connection.run_sync(_talk)
            for _ in range(8):
                change()
                async with engine.connect() as connection:
                    rows = await connection.execute(select(POST).order_by(POST.c.id))
                    seen += [tuple(row) for row in rows]
                    seen += [row[0] async for row in await connection.stream(select(AUTHOR.c.id))]
            change()
            async with engine.begin() as connection:
                await connection.run_sync(METADATA.drop_all)
        finally:
            await engine.dispose()
        return seen

    assert ("IntegrityError", "23505") in compare(
        lambda door, change: asyncio.run(run(door, change))
    )
