"""Durations, addresses, modes and secrets as people write them."""

import pytest
from pydantic import TypeAdapter, ValidationError

from forebay.postgres.secret import Secret
from forebay.serve.values import (
    SecretText,
    parse_addresses,
    parse_duration,
    parse_limit,
    parse_mode,
)


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        (30, 30),
        (0, 0),
        (0.5, 0.5),
        ("30", 30),
        ("30s", 30),
        ("30 s", 30),
        ("1.5min", 90),
        ("500ms", 0.5),
        ("250us", 0.00025),
        ("2h", 7200),
        ("1d", 86400),
    ],
)
def test_durations(written, seconds):
    assert parse_duration(written) == pytest.approx(seconds)


@pytest.mark.parametrize(
    "written", [-1, "", "s", "30m", "30 S", "-1s", "1s 2s", True, None, [], float("inf"), "1e400"]
)
def test_what_is_no_duration(written):
    with pytest.raises(ValueError, match="must be a duration"):
        parse_duration(written)


@pytest.mark.parametrize(
    ("written", "limit"), [(0, 0), (70, 70), ("70", 70), ("auto", "auto"), (" AUTO ", "auto")]
)
def test_limits(written, limit):
    assert parse_limit(written) == limit


@pytest.mark.parametrize("written", [-1, "-1", 1.5, "", "none", True, None, []])
def test_what_is_no_limit(written):
    with pytest.raises(ValueError, match='must be a whole number, 0 or more, or "auto"'):
        parse_limit(written)


def test_addresses():
    assert parse_addresses("127.0.0.1, ::1") == ["127.0.0.1", "::1"]
    assert parse_addresses("*") == ["0.0.0.0"]  # noqa: S104
    assert parse_addresses(["*", "::1"]) == ["0.0.0.0", "::1"]  # noqa: S104
    assert parse_addresses("") == []


def test_modes():
    assert parse_mode("0700") == parse_mode("0o700") == parse_mode(0o700) == 0o700
    with pytest.raises(ValueError, match="octal"):
        parse_mode("0800")


def test_secrets():
    adapter = TypeAdapter(SecretText)
    assert adapter.validate_python("sesame") == Secret("sesame")
    assert adapter.validate_python(Secret("sesame")) == Secret("sesame")
    with pytest.raises(ValidationError, match="text in quotes"):
        adapter.validate_python(1234)
