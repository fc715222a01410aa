"""Literals in `@default`: what is taken, and the reason given where one is not."""

import pytest

from forebay.schema.checks.json_text import json_problem
from forebay.schema.checks.time_text import time_problem
from tests.schema.shown import messages


@pytest.mark.parametrize(
    "text",
    [
        "{}",
        "[1, -2.5e3, null]",
        '"\\ud83d\\ude00"',
        ' {"a": [true, false]} ',
        "1e-400",
        "[" * 127 + "]" * 127,
    ],
)
def test_json_that_is_json(text):
    assert json_problem(text) is None


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "EOF while parsing a value at line 1 column 0"),
        ("{", "EOF while parsing an object at line 1 column 1"),
        ("[1,]", "trailing comma at line 1 column 4"),
        ('{"a" 1}', "expected `:` at line 1 column 6"),
        ("{a:1}", "key must be a string at line 1 column 2"),
        ("[1 2]", "expected `,` or `]` at line 1 column 4"),
        ("nulx", "expected ident at line 1 column 4"),
        ("01", "invalid number at line 1 column 2"),
        ("1e400", "number out of range at line 1 column 5"),
        ("\n\n1 2", "trailing characters at line 3 column 3"),
        ('"\\q"', "invalid escape at line 1 column 3"),
        ('"\\ud800"', "unexpected end of hex escape at line 1 column 8"),
        ('"é" x', "trailing characters at line 1 column 6"),
        ("[" * 128, "recursion limit exceeded at line 1 column 128"),
        (
            '"\t"',
            "control character (\\u0000-\\u001F) found while parsing a string at line 1 column 2",
        ),
    ],
)
def test_json_that_is_none(text, problem):
    assert json_problem(text) == problem


@pytest.mark.parametrize(
    "text",
    [
        "2026-01-31T12:00:00Z",
        "2026-01-31 12:00:00.123456789+01:00",
        "0000-02-29t23:59:60z",
        "2024-02-29T00:00:00-00:00",
    ],
)
def test_points_in_time(text):
    assert time_problem(text) is None


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("2026", "premature end of input"),
        ("2026-01-31T12:00:00", "premature end of input"),
        ("2026-1-31T12:00:00Z", "input contains invalid characters"),
        ("2026-02-29T12:00:00Z", "input is out of range"),
        ("2026-01-31T12:00:00+24:00", "input is out of range"),
        ("2026-01-31T12:00:00Zulu", "trailing input"),
    ],
)
def test_what_is_no_point_in_time(text, problem):
    assert time_problem(text) == problem


@pytest.mark.parametrize(
    ("type_", "literal", "problem"),
    [
        ("Int", "1.5", "invalid digit found in string"),
        ("BigInt", "9223372036854775808", "number too large to fit in target type"),
        ("BigInt", "-9223372036854775809", "number too small to fit in target type"),
        ("Decimal", '"1e"', "cannot parse integer from empty string"),
        ("Decimal", '"x"', "invalid digit found in string"),
        ("Decimal", '""', "Failed to parse empty string"),
        ("Bytes", '"YQ"', "Could not convert from `base64 encoded bytes` to `PrismaValue::Bytes`"),
        (
            "Bytes",
            '"YR=="',
            "Could not convert from `base64 encoded bytes` to `PrismaValue::Bytes`",
        ),
    ],
)
def test_what_is_no_number_and_no_bytes(type_, literal, problem):
    (message,) = messages(f"model A {{\n  id Int @id\n  x {type_} @default({literal})\n}}\n")
    assert message.endswith(f"({problem})")


@pytest.mark.parametrize(
    ("type_", "literal"),
    [
        ("Int", "-0"),
        ("BigInt", "-9223372036854775808"),
        ("Decimal", '"-.5e+3"'),
        ("Decimal", '"1_000"'),
        ("Bytes", '"YWI="'),
        ("Int[]", "[1, 2]"),
    ],
)
def test_numbers_and_bytes(type_, literal):
    assert messages(f"model A {{\n  id Int @id\n  x {type_} @default({literal})\n}}\n") == []
