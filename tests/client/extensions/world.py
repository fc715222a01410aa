"""Two tenants' data in every kind of relation, and the database beside the client."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import psycopg
from psycopg import sql

from forebay.client.carry import carry, connect
from forebay.client.extensions.engines import Performer
from forebay.client.package import Interface, Package
from forebay.engine.engine import Engine
from forebay.postgres.url import PostgresUrl
from forebay.schema.check import check

SCHEMA = """
datasource db {
  provider = "postgresql"
  url      = env("DATABASE_URL")
}

model Organization {
  id    String @id
  name  String
  users User[]
}

model User {
  id           Int          @id @default(autoincrement())
  tenant_id    String
  organization Organization @relation(fields: [tenant_id], references: [id])
  email        String
  handle       String       @unique
  points       Int          @default(0)
  meta         Json?
  deleted_at   DateTime?
  manager_id   Int?
  manager      User?        @relation("manages", fields: [manager_id], references: [id])
  reports      User[]       @relation("manages")
  posts        Post[]       @relation("writes")
  edited       Post[]       @relation("edits")
  profile      Profile?
  badge_id     Int?         @unique
  badge        Badge?       @relation(fields: [badge_id], references: [id], onDelete: SetNull)

  @@unique([tenant_id, email])
}

model Profile {
  id         Int       @id @default(autoincrement())
  tenant_id  String
  bio        String
  deleted_at DateTime?
  user_id    Int       @unique
  user       User      @relation(fields: [user_id], references: [id], onDelete: Cascade)
}

model Post {
  id          Int       @id @default(autoincrement())
  tenant_id   String
  title       String
  views       Int       @default(0)
  deleted_at  DateTime?
  author_id   Int?
  author      User?     @relation("writes", fields: [author_id], references: [id])
  editor_id   Int?
  editor      User?     @relation("edits", fields: [editor_id], references: [id])
  comments    Comment[]
  tags        Tag[]
  topics      Topic[]
  category_id Int?
  category    Category? @relation(fields: [category_id], references: [id])

  @@unique([tenant_id, id])
}

model Comment {
  id         Int       @id @default(autoincrement())
  tenant_id  String
  text       String
  deleted_at DateTime?
  post_id    Int
  post       Post      @relation(PAIRED)
}

model Tag {
  id         Int       @id @default(autoincrement())
  tenant_id  String
  label      String    @unique
  deleted_at DateTime?
  posts      Post[]
}

model Topic {
  id    Int    @id @default(autoincrement())
  name  String @unique
  posts Post[]
}

model Category {
  id    Int    @id @default(autoincrement())
  name  String @unique
  posts Post[]
}

model Badge {
  id    Int    @id @default(autoincrement())
  name  String
  owner User?
}
""".replace(
    "PAIRED", "fields: [tenant_id, post_id], references: [tenant_id, id], onDelete: Cascade"
)

GLOBAL = ("Organization", "Topic", "Category", "Badge")

TABLES = """
CREATE TABLE "Organization" (id text PRIMARY KEY, name text NOT NULL);
CREATE TABLE "Badge" (id serial PRIMARY KEY, name text NOT NULL);
CREATE TABLE "Category" (id serial PRIMARY KEY, name text NOT NULL UNIQUE);
CREATE TABLE "Topic" (id serial PRIMARY KEY, name text NOT NULL UNIQUE);
CREATE TABLE "User" (
  id serial PRIMARY KEY, tenant_id text NOT NULL REFERENCES "Organization" ON UPDATE CASCADE,
  email text NOT NULL, handle text NOT NULL UNIQUE, points integer NOT NULL DEFAULT 0,
  meta jsonb, deleted_at timestamp(3),
  manager_id integer REFERENCES "User" ON DELETE SET NULL ON UPDATE CASCADE,
  badge_id integer UNIQUE REFERENCES "Badge" ON DELETE SET NULL ON UPDATE CASCADE,
  UNIQUE (tenant_id, email));
CREATE TABLE "Profile" (
  id serial PRIMARY KEY, tenant_id text NOT NULL, bio text NOT NULL, deleted_at timestamp(3),
  user_id integer NOT NULL UNIQUE REFERENCES "User" ON DELETE CASCADE ON UPDATE CASCADE);
CREATE TABLE "Post" (
  id serial PRIMARY KEY, tenant_id text NOT NULL, title text NOT NULL,
  views integer NOT NULL DEFAULT 0, deleted_at timestamp(3),
  author_id integer REFERENCES "User" ON DELETE SET NULL ON UPDATE CASCADE,
  editor_id integer REFERENCES "User" ON DELETE SET NULL ON UPDATE CASCADE,
  category_id integer REFERENCES "Category" ON DELETE SET NULL ON UPDATE CASCADE,
  UNIQUE (tenant_id, id));
CREATE TABLE "Comment" (
  id serial PRIMARY KEY, tenant_id text NOT NULL, text text NOT NULL, deleted_at timestamp(3),
  post_id integer NOT NULL,
  FOREIGN KEY (tenant_id, post_id) REFERENCES "Post" (tenant_id, id)
    ON DELETE CASCADE ON UPDATE CASCADE);
CREATE TABLE "Tag" (
  id serial PRIMARY KEY, tenant_id text NOT NULL, label text NOT NULL UNIQUE,
  deleted_at timestamp(3));
CREATE TABLE "_PostToTag" (
  "A" integer REFERENCES "Post" ON DELETE CASCADE ON UPDATE CASCADE,
  "B" integer REFERENCES "Tag" ON DELETE CASCADE ON UPDATE CASCADE, PRIMARY KEY ("A", "B"));
CREATE TABLE "_PostToTopic" (
  "A" integer REFERENCES "Post" ON DELETE CASCADE ON UPDATE CASCADE,
  "B" integer REFERENCES "Topic" ON DELETE CASCADE ON UPDATE CASCADE, PRIMARY KEY ("A", "B"));
"""

# Everything of tenant b has `b` in its texts and a number from 101 on, so that it shows wherever
# it comes out.
ROWS = """
INSERT INTO "Organization" VALUES ('a', 'org a'), ('b', 'org b');
INSERT INTO "Badge" VALUES (1, 'gold'), (2, 'silver');
INSERT INTO "Category" VALUES (1, 'news'), (2, 'sport');
INSERT INTO "Topic" VALUES (1, 'python'), (2, 'sql');
INSERT INTO "User" (id, tenant_id, email, handle, points, meta, manager_id, badge_id) VALUES
  (1, 'a', 'ann@x', 'ann', 10, '{"k": 1}', NULL, NULL),
  (2, 'a', 'abe@x', 'abe', 20, NULL, 1, 1),
  (101, 'b', 'ann@x', 'secret-bob', 1015, '{"k": 1}', NULL, 2),
  (102, 'b', 'bea@x', 'secret-bea', 1025, NULL, 101, NULL);
INSERT INTO "Profile" (id, tenant_id, bio, user_id) VALUES
  (1, 'a', 'about ann', 1), (101, 'b', 'secret-b about', 101);
INSERT INTO "Post" (id, tenant_id, title, views, author_id, editor_id, category_id) VALUES
  (1, 'a', 'a one', 5, 1, 2, 1), (2, 'a', 'a two', 6, 1, NULL, 2), (3, 'a', 'a three', 7, 2, 1, 1),
  (101, 'b', 'secret-b one', 1055, 101, 102, 1), (102, 'b', 'secret-b two', 1065, 101, NULL, 1),
  (103, 'b', 'secret-b three', 1075, 102, 101, 2);
INSERT INTO "Comment" (id, tenant_id, text, post_id) VALUES
  (1, 'a', 'a good', 1), (2, 'a', 'a bad', 2),
  (101, 'b', 'secret-b good', 101), (102, 'b', 'secret-b bad', 102);
INSERT INTO "Tag" (id, tenant_id, label) VALUES
  (1, 'a', 'tag a'), (2, 'a', 'tag aa'), (101, 'b', 'secret-b tag'), (102, 'b', 'secret-b tag2');
INSERT INTO "_PostToTag" VALUES (1, 1), (2, 1), (101, 101), (102, 101);
INSERT INTO "_PostToTopic" VALUES (1, 1), (2, 2), (101, 1), (102, 1), (103, 2);
SELECT setval(pg_get_serial_sequence('"' || t || '"', 'id'), 1000)
  FROM unnest(ARRAY['Badge','Category','Topic','User','Profile','Post','Comment','Tag']) AS t;
"""

_MODELS = ("User", "Profile", "Post", "Comment", "Tag")
_SHARED = ("Organization", "Badge", "Category", "Topic")
_NAMES = (
    *_SHARED, *_MODELS, "_PostToTag", "_PostToTopic",
)  # fmt: skip


def make_engine() -> Engine:
    """Return an engine on the schema."""
    return Engine(check((("schema.prisma", SCHEMA),), 6).schema)


@cache
def package(interface: Interface) -> Package:
    """Return a package of the schema."""
    return Package.from_text(SCHEMA, interface=interface)


@dataclass
class World:
    """A connection to a database of two tenants."""

    url: PostgresUrl
    connection: psycopg.Connection[Any]

    def client(self, interface: Interface, **options: Any) -> Any:
        """Return a client of the database."""
        given = {"datasource": {"url": self.url.text()}, "use_dotenv": False}
        return package(interface).client()(**given, **options)

    def reset(self) -> None:
        """Put everything back."""
        self.connection.execute("ROLLBACK")
        # For a few rows this takes a tenth of what TRUNCATE does.
        emptied = "".join(f'DELETE FROM "{name}";' for name in reversed(_NAMES))
        self.connection.execute((emptied + ROWS).encode())

    def perform(self, engine: Performer, request: Any, **options: Any) -> Any:
        """Carry a request out."""
        return carry(self.connection, engine.perform(request, **options))

    def rows_of(self, tenant: str) -> dict[str, list[Any]]:
        """Return what a tenant has: its records, and what ties its posts."""
        found = {
            name: self._all(f'SELECT * FROM "{name}" WHERE tenant_id = %s ORDER BY id', tenant)
            for name in _MODELS
        }
        for name in ("_PostToTag", "_PostToTopic"):
            found[name] = self._all(
                f'SELECT t.* FROM "{name}" AS t JOIN "Post" AS p ON p.id = t."A"'
                ' WHERE p.tenant_id = %s ORDER BY "A", "B"',
                tenant,
            )
        found["_PostToTag of tags"] = self._all(
            'SELECT t.* FROM "_PostToTag" AS t JOIN "Tag" AS p ON p.id = t."B"'
            ' WHERE p.tenant_id = %s ORDER BY "A", "B"',
            tenant,
        )
        return found

    def shared(self) -> list[Any]:
        """Return the records that all tenants share."""
        return [self._all(f'SELECT * FROM "{name}" ORDER BY id') for name in _SHARED]

    def crossings(self) -> int:
        """Count the links that lead from one tenant's record to another's."""
        links = (
            ("User", "manager_id", "User"),
            ("Profile", "user_id", "User"),
            ("Post", "author_id", "User"),
            ("Post", "editor_id", "User"),
            ("Comment", "post_id", "Post"),
        )
        total = 0
        for name, column, other in links:
            total += self._all(
                f'SELECT count(*) FROM "{name}" AS x JOIN "{other}" AS y ON x.{column} = y.id'
                " WHERE x.tenant_id <> y.tenant_id"
            )[0][0]
        return int(
            total
            + self._all(
                'SELECT count(*) FROM "_PostToTag" AS t JOIN "Post" AS p ON p.id = t."A"'
                ' JOIN "Tag" AS g ON g.id = t."B" WHERE p.tenant_id <> g.tenant_id'
            )[0][0]
        )

    def _all(self, statement: str, *values: object) -> list[Any]:
        return self.connection.execute(statement.encode(), values or None).fetchall()


@contextmanager
def make_world(url: PostgresUrl, name: str) -> Iterator[World]:
    """Make a database with the tables."""
    with psycopg.connect(url.text(), autocommit=True) as administrator:
        administrator.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    there = replace(url, database=name)
    connection = connect(there)
    try:
        connection.execute(TABLES.encode())
        world = World(there, connection)
        world.reset()
        yield world
    finally:
        connection.close()
