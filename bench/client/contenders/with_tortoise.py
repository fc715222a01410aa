"""Tortoise ORM, on asyncpg."""

from __future__ import annotations

from typing import Any

from tortoise import Tortoise, fields
from tortoise.models import Model
from tortoise.transactions import in_transaction

from bench.client.workload import CONCURRENT, Operation, new_email, new_users, some_user


class User(Model):
    """A user."""

    id = fields.IntField(primary_key=True)
    email = fields.TextField()
    name = fields.TextField()
    created_at = fields.DatetimeField(auto_now_add=True)
    posts: Any

    class Meta:
        """Where it is kept."""

        table = "user"


class Tag(Model):
    """A tag."""

    id = fields.IntField(primary_key=True)
    name = fields.TextField()

    class Meta:
        """Where it is kept."""

        table = "tag"


class Post(Model):
    """A post."""

    id = fields.IntField(primary_key=True)
    title = fields.TextField()
    content = fields.TextField()
    published = fields.BooleanField()
    created_at = fields.DatetimeField(auto_now_add=True)
    author: Any = fields.ForeignKeyField("models.User", related_name="posts")
    tags: Any = fields.ManyToManyField(
        "models.Tag", through="_PostToTag", backward_key="A", forward_key="B"
    )

    class Meta:
        """Where it is kept."""

        table = "post"


async def start_async(url: str) -> dict[str, Operation]:
    """Connect, and return the operations."""
    await Tortoise.init(
        db_url=f"{url.replace('postgresql://', 'asyncpg://')}?minsize={CONCURRENT}"
        f"&maxsize={CONCURRENT}",
        modules={"models": [__name__]},
    )

    async def pk() -> User:
        return await User.get(id=some_user())

    async def list100() -> list[Post]:
        return await Post.all().order_by("id").limit(100)

    async def join100() -> list[Post]:
        return await Post.all().order_by("id").limit(100).select_related("author")

    async def tree() -> list[User]:
        return await User.all().order_by("id").limit(20).prefetch_related("posts__tags")

    async def insert1() -> User:
        return await User.create(email=new_email(), name="Somebody")

    async def bulk1000() -> None:
        await User.bulk_create([User(**row) for row in new_users()])

    async def update1() -> User:
        user = await User.get(id=some_user())
        user.name = new_email()
        await user.save(update_fields=["name"])
        return user

    async def tx3() -> Post | None:
        async with in_transaction() as connection:
            user = await User.get(id=some_user(), using_db=connection)
            user.name = new_email()
            await user.save(update_fields=["name"], using_db=connection)
            posts = Post.filter(author_id=user.id).using_db(connection)
            return await posts.order_by("id").first()

    async def filter5() -> list[Post]:
        return (
            await Post.filter(
                published=True,
                author_id__gt=some_user() // 2,
                id__lt=9000,
                title__contains="7",
                content__startswith="words",
            )
            .order_by("-id")
            .limit(20)
        )

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
