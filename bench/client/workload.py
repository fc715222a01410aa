"""The workload: tables, rows and operations, the same for every library."""

from __future__ import annotations

import itertools
import os
import random
from collections.abc import Callable
from typing import Any, TypeAlias

USERS = 1000
POSTS_OF_EACH = 10
TAGS = 50
BULK = 1000
# How many operations are under way at once, and how many connections there are for them.
CONCURRENT = 32

# An operation; of a library for asyncio it returns a coroutine.
Operation: TypeAlias = Callable[[], Any]

OPERATIONS = {
    "pk": "one record by its key",
    "list100": "100 records",
    "join100": "100 posts with their authors",
    "tree": "20 users, their 200 posts, and 2 tags of each",
    "insert1": "one record created",
    "bulk1000": "1000 records created at once",
    "update1": "one record changed, by its key",
    "tx3": "a transaction: a record found, it changed, another found",
    "filter5": "20 records by a filter of five conditions",
}
# How a bulk insert differs in price from the others, so that a round of each takes as long.
SLOW = frozenset({"tree", "bulk1000"})

SCHEMA = """
datasource db {
  provider = "postgresql"
  url      = env("DATABASE_URL")
}

model User {
  id         Int      @id @default(autoincrement())
  email      String   @unique
  name       String
  created_at DateTime @default(dbgenerated("now()")) @db.Timestamptz(6)
  posts      Post[]

  @@map("user")
}

model Post {
  id         Int      @id @default(autoincrement())
  title      String
  content    String
  published  Boolean
  author_id  Int
  created_at DateTime @default(dbgenerated("now()")) @db.Timestamptz(6)
  author     User     @relation(fields: [author_id], references: [id])
  tags       Tag[]

  @@index([author_id])
  @@map("post")
}

model Tag {
  id    Int    @id @default(autoincrement())
  name  String @unique
  posts Post[]

  @@map("tag")
}
"""

TABLES = f"""
create table "user" (
  id serial primary key, email text not null unique, name text not null,
  created_at timestamptz(6) not null default now()
);
create table post (
  id serial primary key, title text not null, content text not null, published boolean not null,
  author_id integer not null references "user", created_at timestamptz(6) not null default now()
);
create index on post (author_id);
create table tag (id serial primary key, name text not null unique);
create table "_PostToTag" (
  "A" integer not null references post, "B" integer not null references tag, primary key ("A", "B")
);
create index on "_PostToTag" ("B");
insert into "user" (email, name)
  select 'user' || i || '@example.com', 'User ' || i from generate_series(1, {USERS}) i;
insert into post (title, content, published, author_id)
  select 'Post ' || i, repeat('words ', 20), i % 2 = 0, 1 + (i - 1) / {POSTS_OF_EACH}
  from generate_series(1, {USERS * POSTS_OF_EACH}) i;
insert into tag (name) select 'tag ' || i from generate_series(1, {TAGS}) i;
insert into "_PostToTag"
  select i, 1 + (i * 7 + j) % {TAGS}
  from generate_series(1, {USERS * POSTS_OF_EACH}) i, generate_series(0, 1) j;
vacuum analyze;
"""
# What a round left is taken away before the next.
CLEAN = f'delete from "user" where id > {USERS}'

_numbers = itertools.count()


def some_user() -> int:
    """Choose a user's key."""
    return random.randint(1, USERS)  # noqa: S311 - no secret


def new_email() -> str:
    """Return an address that nobody has."""
    return f"new-{os.getpid()}-{next(_numbers)}@example.com"


def new_users() -> list[dict[str, Any]]:
    """Return the rows of a bulk insert."""
    return [{"email": new_email(), "name": "Somebody"} for _ in range(BULK)]
