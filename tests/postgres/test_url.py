"""URLs survive the way from text to parts and back, and never show a password."""

import pytest

from forebay.errors import ConfigurationError
from forebay.postgres.secret import Secret
from forebay.postgres.url import PostgresUrl, parse_url


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("postgresql://", PostgresUrl()),
        ("postgres://app@db/shop", PostgresUrl("app", None, "db", 5432, "shop")),
        ("postgresql://db:6000", PostgresUrl(host="db", port=6000)),
        ("postgresql://a:b@[::1]:6000/c", PostgresUrl("a", Secret("b"), "::1", 6000, "c")),
        (
            "postgresql://a%40b:c%2Fd%25@h/e%20f",
            PostgresUrl("a@b", Secret("c/d%"), "h", 5432, "e f"),
        ),
        ("postgresql://a:b:c@h/d", PostgresUrl("a", Secret("b:c"), "h", 5432, "d")),
        ("postgresql://%2Frun%2Fpg/d", PostgresUrl(host="/run/pg", database="d")),
        (
            "postgresql:///d?host=/run/pg&port=6000&user=u&password=p",
            PostgresUrl("u", Secret("p"), "/run/pg", 6000, "d"),
        ),
        (
            "postgresql://h/d?sslmode=require&application_name=a%20b",
            PostgresUrl(
                host="h",
                database="d",
                parameters=(("sslmode", "require"), ("application_name", "a b")),
            ),
        ),
    ],
)
def test_a_url_is_read_as_libpq_reads_it(text, expected):
    assert parse_url(text) == expected


@pytest.mark.parametrize(
    "url",
    [
        PostgresUrl("a", Secret("b"), "h", 1, "d"),
        PostgresUrl("ü@:/?#", Secret("p@:/?#%&='\" $`"), "h", 65535, "d/e?f"),
        PostgresUrl("a", Secret("b"), "::1", 5432, "d", (("options", "-c a=b&c"),)),
        PostgresUrl("a", None, "/tmp/with space", 6000, "d", (("schema", "public"),)),
    ],
)
def test_text_and_parts_say_the_same(url):
    assert parse_url(url.text()) == url


def test_what_is_written_can_be_evaluated_by_a_shell():
    url = PostgresUrl("a'b", Secret('$(id)`"\\ !'), "h", 1, "d", (("options", "$x"),))
    assert not set(url.text()) & set("'\"$`\\ !;|<>()")


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("mysql://a:sesame@h/d", "postgresql://"),
        ("host=h password=sesame", "postgresql://"),
        ("postgresql://a:sesame/x@h/d", "port"),
        ("postgresql://a:b@sesame@h/d", "more than one @"),
        ("postgresql://a:sesame@h:0/d", "port"),
        ("postgresql://a:sesame@h:65536/d", "port"),
        ("postgresql://a:sesame@h:٣/d", "port"),
        ("postgresql://a:sesame@h1,h2/d", "several hosts"),
        ("postgresql://a:sesame%@h/d", "hexadecimal"),
        ("postgresql://a:sesame%00@h/d", "hexadecimal"),
        ("postgresql://a:sesame%ff@h/d", "UTF-8"),
        ("postgresql://a:sesame@[::1/d", "matching ]"),
        ("postgresql://h/d?sesame", "without a value"),
    ],
)
def test_what_is_no_url_is_refused_without_being_repeated(text, word):
    with pytest.raises(ConfigurationError) as caught:
        parse_url(text)
    assert word in caught.value.message
    assert caught.value.hint
    assert "sesame" not in str(caught.value)


def test_the_password_is_in_the_text_and_nowhere_else():
    url = parse_url("postgresql://a:sesame@h/d")
    assert "sesame" in url.text()
    assert "sesame" not in f"{url} {url!r} {url.password} {url.password!r}"
    assert "***" in repr(url)


def test_secrets_compare_by_what_they_hide():
    assert Secret("a") == Secret("a")
    assert Secret("a") != Secret("b")
    assert Secret("a") != "a"
    assert len({Secret("a"), Secret("a")}) == 1


def test_an_address_is_fit_for_a_message():
    assert parse_url("postgresql://h/d").address == "h:5432"
    assert parse_url("postgresql://[::1]/d").address == "[::1]:5432"
    assert parse_url("postgresql:///d?host=/run").address == "/run/.s.PGSQL.5432"
