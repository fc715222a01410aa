"""Migrations run on the direct URL, and a pooler in between is found out by what it does."""

from dataclasses import replace

import psycopg
import pytest

from forebay.errors import ConfigurationError, MigrationError
from forebay.migrate.connect import connect, ensure_database
from forebay.migrate.shadow import shadow_database
from forebay.migrate.where import connect_directly, direct_url, shadow_url
from forebay.postgres.url import PostgresUrl, parse_url
from forebay.schema.load import load
from forebay.schema.model import Datasource
from tests.support.door import DATABASE, USER, Door
from tests.support.fixtures import database, pooled, running_database, start_gateway

__all__ = ["database", "pooled", "running_database", "start_gateway"]

PLAIN, DIRECT, SHADOW = (f"postgresql://u@{name}.test/d" for name in ("plain", "direct", "shadow"))


def _source(*lines: str) -> Datasource | None:
    body = "".join(f"  {line}\n" for line in ('provider = "postgresql"', *lines))
    return load([("schema.prisma", f"datasource db {{\n{body}}}\n")]).datasource


@pytest.mark.parametrize(
    ("lines", "environment", "host"),
    [
        ((), {"DATABASE_URL": PLAIN}, "plain"),
        ((), {"DATABASE_URL": PLAIN, "DIRECT_URL": DIRECT}, "direct"),
        (('url = env("MAIN")',), {"MAIN": PLAIN, "DATABASE_URL": SHADOW}, "plain"),
        (('url = env("MAIN")',), {"MAIN": PLAIN, "DIRECT_URL": DIRECT}, "direct"),
        (
            ('url = env("MAIN")', 'directUrl = env("STRAIGHT")'),
            {"MAIN": PLAIN, "STRAIGHT": DIRECT, "DIRECT_URL": SHADOW},
            "direct",
        ),
        ((f'url = "{PLAIN}"',), {}, "plain"),
    ],
)
def test_the_direct_url_goes_first(lines, environment, host):
    assert direct_url(_source(*lines), environment).host == f"{host}.test"


def test_a_variable_that_is_not_set_is_named():
    with pytest.raises(MigrationError, match="Environment variable not found: MAIN") as caught:
        direct_url(_source('url = env("MAIN")'), {})
    assert caught.value.number == "P1012"


def test_no_url_at_all_says_what_to_set():
    with pytest.raises(ConfigurationError, match="DIRECT_URL or DATABASE_URL"):
        direct_url(None, {})


def test_a_shadow_database_is_the_users_if_there_is_one():
    lines = ('url = env("MAIN")', 'shadowDatabaseUrl = env("SHADOW")')
    found = shadow_url(_source(*lines), {"MAIN": PLAIN, "SHADOW": SHADOW})
    assert found is not None
    assert found.host == "shadow.test"
    assert shadow_url(_source('url = env("MAIN")'), {"MAIN": PLAIN}) is None


def _url(door: Door) -> PostgresUrl:
    return parse_url(f"postgresql://{USER}@{door.host}:{door.port}/{DATABASE}")


@pytest.fixture(params=["direct", "transaction", "session"])
def door(request, database, start_gateway):
    return database if request.param == "direct" else start_gateway(pool_mode=request.param)


def test_a_session_of_its_own_is_taken(door):
    """PostgreSQL itself, a pooler in session mode, and a gateway that pins who holds a lock."""
    with connect_directly(_url(door)) as connection:
        assert connection.execute("select 1").fetchone() == (1,)


def test_nothing_is_left_of_the_trial(database, pooled):
    with connect_directly(_url(pooled)):
        pass
    assert database.ask("select count(*) from pg_locks where locktype = 'advisory'") == [(0,)]


@pytest.mark.parametrize(
    ("query", "number", "said"),
    [
        ("sslmode=maybe", "P1013", 'invalid sslmode value: "maybe"'),
        ("connect_timeout=soon", "P1013", "bad value for connect_timeout"),
        ("options=-c%20work_men%3D1", "P1013", "work_men"),
        ("options=--work_mem", "P1013", "requires a value"),
        ("sslmode=require", "P1011", "does not support SSL"),
    ],
)
def test_a_setting_of_the_url_that_nobody_takes_is_not_an_unreachable_server(
    embedded, query, number, said
):
    with pytest.raises(MigrationError) as caught:
        connect(parse_url(f"{embedded.url.text()}?{query}"))
    assert caught.value.number == number
    assert said in caught.value.message
    assert caught.value.hint


def test_a_database_that_may_not_be_made_is_missing(embedded):
    with psycopg.connect(embedded.url.text(), autocommit=True) as administrator:
        administrator.execute("drop role if exists makes_nothing")
        administrator.execute("create role makes_nothing login password 'h'")
    place = embedded.url.text().rpartition("@")[2].partition("/")[0]
    with pytest.raises(MigrationError) as caught:
        ensure_database(parse_url(f"postgresql://makes_nothing:h@{place}/nowhere"))
    assert caught.value.number == "P1003"
    assert "permission denied to create database" in caught.value.message
    assert "createdb" in str(caught.value.hint)


def test_a_template_that_is_in_use_is_told_with_the_way_on(embedded):
    template = replace(embedded.url, database="template1")
    with (
        psycopg.connect(template.text()),
        pytest.raises(MigrationError) as caught,
        shadow_database(embedded.url, None, ()),
    ):
        pass
    assert caught.value.number == "P3014"
    assert "template1" in caught.value.message
    assert "shadowDatabaseUrl" in str(caught.value.hint)
