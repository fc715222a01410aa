"""Migrations run on the direct URL, and a pooler in between is found out by what it does."""

import pytest

from forebay.errors import ConfigurationError, MigrationError
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
