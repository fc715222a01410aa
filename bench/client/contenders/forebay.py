"""Forebay's client."""

from __future__ import annotations

from typing import Any

from bench.client.workload import (
    CONCURRENT,
    SCHEMA,
    Operation,
    new_email,
    new_users,
    some_user,
)
from forebay.client.package import Package


def _client(url: str, interface: Any) -> Any:
    package = Package.from_text(SCHEMA, interface=interface)
    return package.client()(datasource={"url": f"{url}?connection_limit={CONCURRENT}"})


def _operations(db: Any) -> dict[str, Operation]:
    """Return what is the same for asyncio and for threads."""
    first = {"id": "asc"}
    return {
        "pk": lambda: db.user.find_unique(where={"id": some_user()}),
        "list100": lambda: db.post.find_many(take=100, order=first),
        "join100": lambda: db.post.find_many(take=100, order=first, include={"author": True}),
        "tree": lambda: db.user.find_many(
            take=20, order=first, include={"posts": {"include": {"tags": True}}}
        ),
        "insert1": lambda: db.user.create(data={"email": new_email(), "name": "Somebody"}),
        "bulk1000": lambda: db.user.create_many(data=new_users()),
        "update1": lambda: db.user.update(where={"id": some_user()}, data={"name": "Another"}),
        "filter5": lambda: db.post.find_many(
            where={
                "published": True,
                "author_id": {"gt": some_user() // 2},
                "id": {"lt": 9000},
                "title": {"contains": "7"},
                "content": {"startswith": "words"},
            },
            order={"id": "desc"},
            take=20,
        ),
    }


async def start_async(url: str) -> dict[str, Operation]:
    """Connect, and return the operations."""
    db = _client(url, "asyncio")

    async def tx3() -> None:
        async with db.tx() as tx:
            user = await tx.user.find_unique(where={"id": some_user()})
            await tx.user.update(where={"id": user.id}, data={"name": "Third"})
            await tx.post.find_first(where={"author_id": user.id}, order={"id": "asc"})

    return {**_operations(db), "tx3": tx3}


def start_sync(url: str) -> dict[str, Operation]:
    """Connect, and return the operations."""
    db = _client(url, "sync")

    def tx3() -> None:
        with db.tx() as tx:
            user = tx.user.find_unique(where={"id": some_user()})
            tx.user.update(where={"id": user.id}, data={"name": "Third"})
            tx.post.find_first(where={"author_id": user.id}, order={"id": "asc"})

    return {**_operations(db), "tx3": tx3}
