"""SQLAlchemy's ORM for asyncio, on asyncpg."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Column, ForeignKey, Integer, Table, func, insert, select
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    joinedload,
    mapped_column,
    relationship,
    selectinload,
)

from bench.client.workload import CONCURRENT, Operation, new_email, new_users, some_user


class Base(DeclarativeBase):
    """The base of the models."""


_between = Table(
    "_PostToTag",
    Base.metadata,
    Column("A", Integer, ForeignKey("post.id"), primary_key=True),
    Column("B", Integer, ForeignKey("tag.id"), primary_key=True),
)


class User(Base):
    """A user."""

    __tablename__ = "user"
    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str]
    name: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(
        TIMESTAMP(timezone=True), server_default=func.now()
    )
    posts: Mapped[list[Post]] = relationship(back_populates="author", lazy="raise")


class Post(Base):
    """A post."""

    __tablename__ = "post"
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    content: Mapped[str]
    published: Mapped[bool]
    author_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    created_at: Mapped[datetime] = mapped_column(
        TIMESTAMP(timezone=True), server_default=func.now()
    )
    author: Mapped[User] = relationship(back_populates="posts", lazy="raise")
    tags: Mapped[list[Tag]] = relationship(secondary=_between, lazy="raise")


class Tag(Base):
    """A tag."""

    __tablename__ = "tag"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


async def start_async(url: str) -> dict[str, Operation]:  # noqa: C901 - one operation after another
    """Connect, and return the operations."""
    engine = create_async_engine(
        url.replace("postgresql://", "postgresql+asyncpg://"),
        pool_size=CONCURRENT,
        max_overflow=0,
    )
    session_of = async_sessionmaker(engine, expire_on_commit=False)

    async def pk() -> User | None:
        async with session_of() as session:
            return await session.get(User, some_user())

    async def list100() -> Sequence[Post]:
        async with session_of() as session:
            return (await session.scalars(select(Post).order_by(Post.id).limit(100))).all()

    async def join100() -> Sequence[Post]:
        query = select(Post).options(joinedload(Post.author)).order_by(Post.id).limit(100)
        async with session_of() as session:
            return (await session.scalars(query)).all()

    async def tree() -> Sequence[User]:
        below = selectinload(User.posts).selectinload(Post.tags)
        query = select(User).options(below).order_by(User.id).limit(20)
        async with session_of() as session:
            return (await session.scalars(query)).all()

    async def insert1() -> User:
        async with session_of.begin() as session:
            user = User(email=new_email(), name="Somebody")
            session.add(user)
        return user

    async def bulk1000() -> None:
        async with session_of.begin() as session:
            await session.execute(insert(User), new_users())

    async def update1() -> User | None:
        async with session_of.begin() as session:
            user = await session.get(User, some_user())
            if user is not None:
                user.name = new_email()
        return user

    async def tx3() -> Post | None:
        async with session_of.begin() as session:
            user = await session.get_one(User, some_user())
            user.name = new_email()
            await session.flush()
            query = select(Post).where(Post.author_id == user.id).order_by(Post.id).limit(1)
            return (await session.scalars(query)).first()

    async def filter5() -> Sequence[Post]:
        query = (
            select(Post)
            .where(
                Post.published.is_(True),
                Post.author_id > some_user() // 2,
                Post.id < 9000,
                Post.title.contains("7"),
                Post.content.startswith("words"),
            )
            .order_by(Post.id.desc())
            .limit(20)
        )
        async with session_of() as session:
            return (await session.scalars(query)).all()

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
