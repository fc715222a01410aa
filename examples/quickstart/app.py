"""A blog in a few lines: run `forebay generate` in this folder first, then this file."""

import asyncio
from pathlib import Path

from db import Client

TABLES = Path(__file__).with_name("tables.sql").read_text()


async def make_tables(db: Client) -> None:
    """Make the tables anew."""
    for statement in TABLES.split(";"):
        if statement.strip():
            await db.execute_raw(statement)


async def main() -> None:
    """Write two posts, and read them again with their author."""
    async with Client() as db:
        await make_tables(db)
        user = await db.user.create(
            {
                "email": "ada@example.org",
                "name": "Ada",
                "posts": {"create": [{"title": "Notes", "published": True}, {"title": "Drafts"}]},
            }
        )
        print(f"{user.name} has the number {user.id}")
        posts = await db.post.find_many(
            where={"published": True}, order={"createdAt": "desc"}, include={"author": True}
        )
        for post in posts:
            print(f"{post.title}, by {post.author.name if post.author else 'nobody'}")


if __name__ == "__main__":
    asyncio.run(main())
