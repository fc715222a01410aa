"""What those have in common who write SQL themselves: the queries, and pydantic models of rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from pydantic import BaseModel

# Parameters are `{}`; each driver has its own way to write them.
PK = 'select id, email, name, created_at from "user" where id = {}'
LIST = "select id, title, content, published, author_id, created_at from post order by id limit 100"
JOIN = """
select p.id, p.title, p.content, p.published, p.author_id, p.created_at,
  u.id as user_id, u.email, u.name, u.created_at as user_created_at
from post p join "user" u on u.id = p.author_id order by p.id limit 100
"""
USERS = 'select id, email, name, created_at from "user" order by id limit 20'
POSTS = (
    "select id, title, content, published, author_id, created_at from post"
    " where author_id = any({}) order by id"
)
TAGS = """
select pt."A" as post_id, t.id, t.name from tag t join "_PostToTag" pt on pt."B" = t.id
where pt."A" = any({})
"""
INSERT = 'insert into "user" (email, name) values ({}, {}) returning id, email, name, created_at'
UPDATE = 'update "user" set name = {} where id = {} returning id, email, name, created_at'
POST_OF = (
    "select id, title, content, published, author_id, created_at from post"
    " where author_id = {} order by id limit 1"
)
FILTER = (
    "select id, title, content, published, author_id, created_at from post"
    " where published = {} and author_id > {} and id < {} and title like {} and content like {}"
    " order by id desc limit 20"
)


class User(BaseModel):
    """A user."""

    id: int
    email: str
    name: str
    created_at: datetime
    posts: list[Post] | None = None


class Tag(BaseModel):
    """A tag."""

    id: int
    name: str


class Post(BaseModel):
    """A post."""

    id: int
    title: str
    content: str
    published: bool
    author_id: int
    created_at: datetime
    author: User | None = None
    tags: list[Tag] | None = None


User.model_rebuild()


def with_author(row: Mapping[str, Any]) -> Post:
    """Make a post of a row of both."""
    author = {
        "id": row["user_id"],
        "email": row["email"],
        "name": row["name"],
        "created_at": row["user_created_at"],
    }
    return Post.model_validate({**row, "author": author})


def trees(
    users: Iterable[Mapping[str, Any]],
    posts: Iterable[Mapping[str, Any]],
    tags: Iterable[Mapping[str, Any]],
) -> list[User]:
    """Put users, posts and tags together."""
    tags_of: dict[int, list[Mapping[str, Any]]] = {}
    for tag in tags:
        tags_of.setdefault(tag["post_id"], []).append({"id": tag["id"], "name": tag["name"]})
    posts_of: dict[int, list[dict[str, Any]]] = {}
    for post in posts:
        whole = {**post, "tags": tags_of.get(post["id"], [])}
        posts_of.setdefault(post["author_id"], []).append(whole)
    return [User.model_validate({**user, "posts": posts_of.get(user["id"], [])}) for user in users]


def filter_values(author: int) -> tuple[Any, ...]:
    """Return the values of the filter."""
    return True, author, 9000, "%7%", "words%"
