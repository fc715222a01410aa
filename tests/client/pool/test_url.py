"""What the parameters of a database URL mean."""

from pathlib import Path

import pytest

from forebay.client import url as urls
from forebay.client.url import Target
from forebay.errors import ConfigurationError

BASE = "postgresql://app:s3cret@db.example:6000/shop"


def target(query: str = "", **environment: str) -> Target:
    return Target.from_text(f"{BASE}?{query}" if query else BASE, environment=environment)


def test_defaults_are_those_of_prisma():
    found = target()
    assert found.connection_limit == urls.default_limit()
    assert found.connection_limit % 2 == 1
    assert (found.pool_timeout, found.connect_timeout, found.socket_timeout) == (10, 5, None)
    assert (found.max_idle, found.max_age, found.statement_cache_size) == (300, None, 500)
    assert (found.is_pooled, found.schema, found.notes) == (False, None, ())


def test_parameters():
    found = target(
        "connection_limit=7&pool_timeout=2.5&connect_timeout=0&socket_timeout=30&schema=sales"
        "&max_idle_connection_lifetime=0&max_connection_lifetime=60&pgbouncer=true"
        "&statement_cache_size=0"
    )
    assert (found.connection_limit, found.pool_timeout, found.connect_timeout) == (7, 2.5, None)
    assert (found.socket_timeout, found.max_idle, found.max_age) == (30, None, 60)
    assert (found.is_pooled, found.schema, found.statement_cache_size) == (True, "sales", 0)


def test_only_what_libpq_knows_reaches_it():
    found = target("connection_limit=7&schema=x&application_name=web&options=-c%20geqo%3Doff&a=1")
    assert found.keywords() == {
        "host": "db.example",
        "port": "6000",
        "user": "app",
        "password": "s3cret",
        "dbname": "shop",
        "client_encoding": "UTF8",
        "fallback_application_name": "forebay",
        "application_name": "web",
        "options": "-c geqo=off",
    }
    assert "options='-c geqo=off'" in found.conninfo()
    assert "s3cret" not in repr(found)


def test_a_quote_in_a_password_stays_in_it():
    found = Target.from_text(r"postgresql://app:it's%5C@h/d", environment={})
    assert r"password='it\'s\\'" in found.conninfo()


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("sslmode=require", {"sslmode": "require"}),
        # Prisma's sslcert is the authority's; with a key it is the client's own.
        ("sslcert=ca.pem", {"sslrootcert": "ca.pem"}),
        ("sslcert=me.pem&sslkey=me.key", {"sslcert": "me.pem", "sslkey": "me.key"}),
        (
            "sslaccept=strict&sslcert=ca.pem",
            {"sslmode": "verify-full", "sslrootcert": "ca.pem"},
        ),
        ("sslaccept=strict", {"sslmode": "verify-full", "sslrootcert": "system"}),
        ("sslaccept=strict&sslmode=disable", {"sslmode": "disable"}),
        ("sslaccept=accept_invalid_certs&sslmode=require", {"sslmode": "require"}),
    ],
)
def test_tls_in_libpqs_words(query, expected):
    found = target(query).keywords()
    assert {name: value for name, value in found.items() if name.startswith("ssl")} == expected


@pytest.mark.parametrize(
    ("query", "name", "rule"),
    [
        ("connection_limit=0", "connection_limit", "a whole number from 1 to 10000"),
        ("connection_limit=many", "connection_limit", "a whole number"),
        ("pool_timeout=-1", "pool_timeout", "a number of seconds, 0 for no limit"),
        ("pool_timeout=٣", "pool_timeout", "a number of seconds"),
        ("pgbouncer=yes", "pgbouncer", "true or false"),
        ("sslmode=maybe", "sslmode", "one of disable, allow, prefer"),
        ("sslaccept=no", "sslaccept", "strict or accept_invalid_certs"),
        ("statement_cache_size=x", "statement_cache_size", "0 to keep no prepared statements"),
        ("sslidentity=me.p12", "sslidentity", "PKCS #12"),
    ],
)
def test_errors_name_the_parameter_and_the_rule(query, name, rule):
    with pytest.raises(ConfigurationError) as caught:
        target(query)
    said = str(caught.value)
    assert f"the parameter {name} of the database URL" in said
    assert rule in said
    assert caught.value.hint
    assert "s3cret" not in said
    assert query.partition("=")[2] not in (said.split("must be")[0])


def test_what_nothing_reads_is_noted_and_may_be_part_of_a_password():
    assert target("sslacept=strict").notes == (
        "the database URL has parameters that nothing reads: sslacept",
    )
    # A question mark in a password that was not percent-encoded.
    found = Target.from_text("postgresql://app:12?ss@word=x@h/d", environment={})
    assert "word" not in " ".join(found.notes)


@pytest.mark.parametrize(
    ("environment", "runtime"),
    [
        ({"AWS_LAMBDA_FUNCTION_NAME": "f"}, "AWS Lambda"),
        ({"VERCEL": "1"}, "Vercel"),
        ({"K_SERVICE": "s"}, "Cloud Run"),
        ({"FUNCTIONS_WORKER_RUNTIME": "python"}, "Azure Functions"),
    ],
)
def test_one_connection_in_a_function_runtime(environment, runtime):
    found = target(**environment)
    assert (found.connection_limit, found.runtime, found.is_limit_of_runtime) == (1, runtime, True)
    chosen = target("connection_limit=4", **environment)
    assert (chosen.connection_limit, chosen.is_limit_of_runtime) == (4, False)


def test_every_parameter_is_in_the_documentation():
    page = (Path(__file__).parents[3] / "docs" / "client.md").read_text()
    assert [name for name in sorted(urls._OURS) if f"`{name}`" not in page] == []
