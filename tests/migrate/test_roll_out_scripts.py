"""The migrations that `roll-out` writes: clean by the linter, and on a PostgreSQL with rows."""

import re
from collections.abc import Iterable, Iterator
from itertools import islice

import psycopg
import pytest

from bench.prove.roll_out_schemas import Change, changes
from forebay.migrate.apply import Patience, Runner
from forebay.migrate.database import EMPTY
from forebay.migrate.diff.differ import difference
from forebay.migrate.folder import Migration
from forebay.migrate.from_schema import from_schema
from forebay.migrate.lint.linter import Linter, Options
from forebay.migrate.lint.registry import Severity
from forebay.migrate.roll_out import Plan, plan
from forebay.migrate.script import script
from forebay.schema.load import load
from forebay.schema.model import Schema
from tests.migrate.conftest import DATASOURCE, Place

# Each changes a name besides, for which neither order will do: what else changes comes along.
BEFORE = """
enum Kind {
  plain
  fancy
}

enum Gone {
  one
  two
}

model User {
  id    Int     @id
  name  String
  nick  String?
  short String  @db.VarChar(9)
  kind  Kind    @default(plain)
  age   Int     @default(1)
  mail  String  @unique
  posts Post[]
  @@index([nick])
}

model Post {
  id     Int  @id
  user   Int
  writer Int?
  gone   Gone @default(one)
  author User @relation(fields: [user], references: [id], onDelete: Cascade)
}

model Note {
  id   Int    @id
  slug String @unique
  tag  Int    @default(1) @db.Oid
}
"""
RENAMED = ("name  String", "label String")

CHANGES = {
    "a name": [],
    "a required column": [("short String", "size Int\n  short String")],
    "a required column with a default": [("short String", "size Int @default(3)\n  short String")],
    "a column that numbers itself": [
        ("short String", "number Int @default(autoincrement())\n  short String")
    ],
    "a column that numbers itself from now on, of another kind": [
        ("tag  Int    @default(1)", "tag  Int    @default(autoincrement())")
    ],
    "a column of a function": [
        (
            "short String",
            'token String @default(dbgenerated("gen_random_uuid()")) @db.Uuid\n  short String',
        )
    ],
    "a column that is no longer optional": [("nick  String?", "nick String")],
    "a column that is no longer optional, with a default": [
        ("nick  String?", 'nick String @default("none")')
    ],
    "a column that is optional now": [("age   Int     @default(1)", "age Int?")],
    "a longer text": [("VarChar(9)", "VarChar(20)")],
    "a text without a limit": [("@db.VarChar(9)", "")],
    "another default": [("@default(1)", "@default(2)")],
    "no default": [("age   Int     @default(1)", "age Int")],
    "a value of an enum, and its default": [
        ("fancy\n}", "fancy\n  grand\n  huge\n}"),
        ("@default(plain)", "@default(grand)"),
    ],
    "an enum that is gone": [
        ("enum Gone {\n  one\n  two\n}", ""),
        ("  gone   Gone @default(one)\n", ""),
    ],
    "a new enum": [
        ("enum Gone", "enum Fresh {\n  a\n  b\n}\n\nenum Gone"),
        ("short String", "fresh Fresh @default(a)\n  short String"),
    ],
    "an index": [("@@index([nick])", "@@index([nick])\n  @@index([age, short])")],
    "a unique index": [("short String ", "short String @unique ")],
    "no index": [("  @@index([nick])\n", "")],
    "another index of the same name": [("@@index([nick])", "@@index([nick(sort: Desc)])")],
    "an index of another name": [("@@index([nick])", '@@index([nick], map: "by_nick")')],
    "an index of another kind": [("@@index([nick])", "@@index([nick], type: Hash)")],
    "no unique index": [("mail  String  @unique", "mail String")],
    "another primary key": [
        ("model Post {\n  id     Int  @id", "model Post {\n  id Int @unique\n  uid String @id"),
    ],
    "another primary key, that was unique": [
        ("id   Int    @id\n  slug String @unique", "id Int @unique\n  slug String @id"),
    ],
    "a primary key of two": [
        ("id   Int    @id\n  slug", "id Int @unique\n  @@id([id, slug])\n  slug"),
    ],
    "a foreign key": [
        ("posts Post[]", 'posts Post[] @relation("author")\n  wrote Post[] @relation("writer")'),
        ("@relation(fields: [user]", '@relation("author", fields: [user]'),
        (
            "onDelete: Cascade)",
            'onDelete: Cascade)\n'
            '  by User? @relation("writer", fields: [writer], references: [id])',
        ),
    ],
    "a foreign key and its index": [
        ("onDelete: Cascade)", "onDelete: Cascade)\n  likes Like[]\n  @@index([user])"),
        ("model Post", "model Like {\n  id Int @id\n  post Int\n  to Post"
         " @relation(fields: [post], references: [id])\n}\n\nmodel Post"),
    ],
    "a foreign key to a new unique column": [
        ("short String ", "short String @unique "),
        ("  posts Post[]", "  posts Post[]\n  marks Mark[]"),
        ("model Post", "model Mark {\n  id Int @id\n  short String @db.VarChar(9)\n  of User"
         " @relation(fields: [short], references: [short])\n}\n\nmodel Post"),
    ],
    "what a delete does": [("onDelete: Cascade", "onDelete: Restrict")],
    "no foreign key": [
        ("  author User @relation(fields: [user], references: [id], onDelete: Cascade)\n", ""),
        ("  posts Post[]\n", ""),
    ],
    "a table that is gone": [
        (BEFORE[BEFORE.index("model Post") : BEFORE.index("model Note")], ""),
        ("  posts Post[]\n", ""),
        ("enum Gone {\n  one\n  two\n}", ""),
    ],
    "many to many": [
        ("  posts Post[]", "  posts Post[]\n  tags Tag[]"),
        ("model Post", "model Tag {\n  id Int @id\n  users User[]\n}\n\nmodel Post"),
    ],
    "a column that numbers itself from now on": [
        ("model Post {\n  id     Int  @id", "model Post {\n  id Int @id @default(autoincrement())"),
    ],
    "everything": [
        ("short String", "size Int\n  number Int @default(autoincrement())\n  short String"),
        ("nick  String?", "nick String"),
        ("@db.VarChar(9)", "@unique"),
        ("fancy\n}", "fancy\n  grand\n}"),
        ("@@index([nick])", "@@index([nick(sort: Desc)])\n  @@unique([age, mail])"),
        ("onDelete: Cascade", "onDelete: Restrict"),
    ],
}  # fmt: skip
BY_HAND = {
    "another type": (
        [("age   Int     @default(1)", "age BigInt @default(1)")],
        "writes the table anew",
    ),
    "a shorter text": ([("VarChar(9)", "VarChar(5)")], "writes the table anew"),
    "a key that others hold on to": (
        [("model User {\n  id    Int     @id", "model User {\n  id Int @unique\n  uid String @id")],
        "`Post_user_fkey` of `Post` holds on to",
    ),
    "a value that is gone": ([("  fancy\n", "")], "the enum `Kind` without `fancy`"),
}


def _schema(text: str) -> Schema:
    return load([("schema.prisma", DATASOURCE + text)])


def _planned(changes: list[tuple[str, str]]) -> tuple[Schema, Schema, Plan]:
    text = BEFORE
    for was, now in [RENAMED, *changes]:
        assert was in text
        text = text.replace(was, now)
    old, new = _schema(BEFORE), _schema(text)
    return old, new, plan(old, new, from_schema(old), from_schema(new))


def _both(found: Plan) -> tuple[list[Migration], list[Migration]]:
    assert (found.order, found.hints and found.expand) == ("two steps", found.expand)
    assert found.expand is not None
    assert found.contract is not None
    return found.expand, found.contract


def _lint(old: Schema, migrations: Iterable[Migration]) -> None:
    linter = Linter(Options("deployed"))
    linter.lint("first", script(difference(EMPTY, from_schema(old))))
    for one in migrations:
        told = linter.lint(one.name, one.script).findings
        assert [(f.rule.code, f.message) for f in told if f.level > Severity.NOTE] == [], one.script


@pytest.mark.parametrize("name", CHANGES)
def test_the_linter_finds_nothing_worse_than_a_note(name):
    old, _, found = _planned(CHANGES[name])
    expand, contract = _both(found)
    _lint(old, (*expand, *contract))


@pytest.mark.parametrize("name", CHANGES)
def test_the_steps_come_to_the_schema_with_rows_in_the_tables(place, name):
    old, new, found = _planned(CHANGES[name])
    expand, contract = _both(found)
    place.ask(script(difference(EMPTY, from_schema(old))))
    place.ask(
        'insert into "User" (id, name, nick, short, mail)'
        " select n, 'n' || n, case when n > 1 then 'k' || n end, 's' || n, 'm' || n"
        " from generate_series(1, 2500) n;"
        'insert into "Post" (id, "user") select n, n from generate_series(1, 300) n;'
        'insert into "Note" (id, slug) select n, n from generate_series(1, 300) n'
    )
    _apply(place, expand)
    _apply(place, contract)
    look = place.project().scope.look(place.connection)
    assert script(difference(look, from_schema(new))) == "-- This is an empty migration."
    assert place.ask('select count(*) from "User"') == [(2500,)]
    assert place.ask("select count(*) from pg_constraint where not convalidated") == [(0,)]
    assert place.ask("select count(*) from pg_index where not indisvalid") == [(0,)]


def _apply(place: Place, migrations: list[Migration], *, is_empty: bool = False) -> None:
    """Do what `deploy` does with each, and what a remark asks for before."""
    runner = Runner(place.connection, patience=Patience(tries=1), say=place.say)
    for one in migrations:
        told = re.findall(r"-- First: UPDATE (\S+) SET (\S+) = (?:…|DEFAULT)", one.script)
        for table, column in () if is_empty else told:
            place.ask(f"update {table} set {column} = {_VALUES[column]} where {column} is null")
        runner.run(one.name, one.script, lambda: None)


_VALUES = {
    '"label"': "name", '"nick"': "''", '"size"': "7", '"uid"': "'u' || id",
    '"number"': "id", '"token"': "gen_random_uuid()",
}  # fmt: skip


@pytest.mark.parametrize("name", BY_HAND)
def test_what_writes_a_table_anew_is_left_to_the_reader(name):
    changes, said = BY_HAND[name]
    _, _, found = _planned(changes)
    assert (found.order, found.expand, found.contract) == ("by hand", None, None)
    assert any(said in one for one in found.hints)


def _random(first: int, count: int) -> Iterator[tuple[Change, Plan]]:
    """Yield random changes of random schemas that take two steps."""
    for one in islice(changes(first), count):
        found = plan(one.before, one.after, from_schema(one.before), from_schema(one.after))
        if found.expand is not None:
            yield one, found


def test_the_linter_finds_nothing_in_what_random_changes_take():
    seen = 0
    for change, found in _random(1000, 120):
        _lint(change.before, (*(found.expand or ()), *(found.contract or ())))
        seen += 1
    assert seen > 20


def test_random_changes_come_to_the_schema(place):
    seen = 0
    for change, found in _random(2000, 40):
        place.ask("drop schema public cascade; create schema public")
        try:
            place.ask(script(difference(EMPTY, from_schema(change.after))))
        except psycopg.Error:
            continue
        # What differs for ever, as PostgreSQL prints it, differs after one step as well.
        at_once = _left(place, change.after)
        place.ask("drop schema public cascade; create schema public")
        place.ask(script(difference(EMPTY, from_schema(change.before))))
        _apply(place, [*(found.expand or ()), *(found.contract or ())], is_empty=True)
        assert _left(place, change.after) == at_once, change.seed
        seen += 1
    assert seen > 5


def _left(place: Place, schema: Schema) -> str:
    look = place.project().scope.look(place.connection)
    return script(difference(look, from_schema(schema)))
