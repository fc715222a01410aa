"""`forebay query explain`: what it shows of reads and writes, and what it refuses."""

import json
from pathlib import Path

import psycopg
import pytest

from tests.running import run_forebay

SCHEMA = """
datasource db {
  provider = "postgresql"
}

model User {
  id    Int    @id @default(autoincrement())
  email String @unique
  posts Post[]
}

model Post {
  id       Int    @id @default(autoincrement())
  title    String
  authorId Int
  author   User   @relation(fields: [authorId], references: [id])
}
"""
TABLES = """
create table "User" (id serial primary key, email text not null unique);
create table "Post" (id serial primary key, title text not null, "authorId" int not null
  references "User" (id));
insert into "User" (email) values ('ann@example.com');
"""


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "schema.prisma").write_text(SCHEMA)
    return tmp_path


def _explain(place: Path, request: object, *options: str):
    (place / "request.json").write_text(json.dumps(request))
    return run_forebay(["query", "explain", "request.json", *options], cwd=place)


def _request(action: str, model: str = "User", **arguments: object):
    query = {"arguments": arguments, "selection": {"$scalars": True, "$composites": True}}
    return {"modelName": model, "action": action, "query": query}


def test_no_value_is_in_the_sql(place):
    done = _explain(place, _request("findUnique", where={"email": "x' or true --"}))
    assert done.returncode == 0
    assert 'WHERE "t0"."email" = $1' in done.stdout
    assert "or true" not in done.stdout


def test_a_write_shows_its_statements_in_order(place):
    data = {"email": "new", "posts": {"create": {"title": "first"}}}
    done = _explain(place, _request("createOne", data=data))
    assert done.returncode == 0
    assert done.stdout.index('INSERT INTO "User"') < done.stdout.index('INSERT INTO "Post"')


def test_a_batch_shows_each_request(place):
    done = _explain(place, {"batch": [_request("findMany"), _request("findMany", "Post")]})
    assert done.returncode == 0
    assert "findManyUser" in done.stdout
    assert "findManyPost" in done.stdout


def test_a_wrong_request_is_told_with_its_path(place):
    done = _explain(place, _request("findMany", where={"mail": "x"}))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("error[P2009]: `findManyUser.where.mail`")


@pytest.mark.parametrize("text", ["", "[]", "{", '{"batch": 1}'])
def test_what_is_no_request_is_refused(place, text):
    (place / "request.json").write_text(text)
    done = run_forebay(["query", "explain", "request.json"], cwd=place)
    assert done.returncode == 2
    assert "request.json" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("request_", [{"modelName": []}, {"action": {}}, {"batch": [5]}])
def test_what_is_half_a_request_is_refused(place, request_):
    done = _explain(place, {**_request("findMany"), **request_})
    assert done.returncode == 1
    assert done.stderr.startswith("error[")


@pytest.mark.parametrize(
    ("request_", "hint"),
    [
        (_request("findMany", where={"emial": "x"}), "Did you mean `email`?"),
        (_request("findMany", "Usr"), "Did you mean `User`?"),
        (_request("findmany"), "Did you mean `findMany`?"),
    ],
)
def test_the_nearest_name_is_hinted(place, request_, hint):
    done = _explain(place, request_)
    assert (done.returncode, done.stdout) == (1, "")
    assert f"hint: {hint}" in done.stderr


def test_a_wrong_url_is_refused_before_anything_is_shown(place):
    done = _explain(place, _request("findMany"), "--analyze", "--url", "mysql://here")
    assert (done.returncode, done.stdout) == (2, "")
    assert "postgresql://" in done.stderr


def test_what_postgresql_refuses_ends_with_its_code(place, embedded):
    url = embedded.socket_url.text()
    done = _explain(place, _request("findMany"), "--analyze", "--url", url)
    assert done.returncode == 1
    assert done.stderr.startswith("error[P2021]: The table `User` does not exist")


def test_analyze_needs_a_database(place):
    done = _explain(place, _request("findMany"), "--analyze")
    assert done.returncode == 2
    assert "DATABASE_URL" in done.stderr


def test_analyze_shows_plans_and_changes_nothing(place, embedded):
    url = embedded.socket_url.text()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("create schema explained")
        connection.execute("set search_path to explained")
        connection.execute(TABLES)
        separator = "&" if "?" in url else "?"
        options = f"{url}{separator}options=-csearch_path%3Dexplained"
        data = {"email": "new", "posts": {"create": {"title": "first"}}}
        done = _explain(place, _request("createOne", data=data), "--analyze", "--url", options)
        users = connection.execute('select email from "User"').fetchall()
        connection.execute("drop schema explained cascade")
    assert (done.returncode, done.stderr) == (0, "")
    assert "Insert on " in done.stdout
    assert "actual " in done.stdout
    assert users == [("ann@example.com",)]
