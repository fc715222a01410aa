"""Connection strings: PgBouncer's quoting, and back."""

import random

import pytest

from forebay.serve.connection_string import parse_pairs, write_pairs


@pytest.mark.parametrize(
    ("text", "pairs"),
    [
        ("", []),
        ("   ", []),
        ("host=h", [("host", "h")]),
        ("  host = h  port=1 ", [("host", "h"), ("port", "1")]),
        ("password='a b' user=u", [("password", "a b"), ("user", "u")]),
        ("password='it''s'", [("password", "it's")]),
        ("password=it's", [("password", "it's")]),
        ("password=a=b", [("password", "a=b")]),
        ("password=''''", [("password", "'")]),
        # Only blanks separate.
        ("host=a\tb", [("host", "a\tb")]),
        ("connect_query='select 1; select ''x'''", [("connect_query", "select 1; select 'x'")]),
    ],
)
def test_what_is_read(text, pairs):
    assert parse_pairs(text) == pairs


@pytest.mark.parametrize(
    "text",
    [
        "sesame",
        "host=h sesame",
        "=sesame",
        "password=",
        "password=''",
        "password= ",
        "password='sesame",
        "password='sesame''",
        "password='sesame'x=1",
        "a b=sesame",
    ],
)
def test_what_is_refused_is_not_repeated(text):
    with pytest.raises(ValueError, match=r"pair|=") as caught:
        parse_pairs(text)
    assert "sesame" not in str(caught.value)


def test_what_is_written_is_what_is_read():
    characters = "ab '=\t\\\";#ü*"
    for _ in range(1000):
        pairs = [
            (random.choice(["host", "password"]), "".join(random.choices(characters, k=size)))
            for size in random.choices(range(1, 6), k=random.randrange(4))
        ]
        assert parse_pairs(write_pairs(pairs)) == pairs


@pytest.mark.parametrize("value", ["", "a\nb", "a\0b"])
def test_what_cannot_be_written(value):
    with pytest.raises(ValueError, match="cannot be written"):
        write_pairs([("password", value)])
