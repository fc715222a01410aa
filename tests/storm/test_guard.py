"""What storm refuses before it opens a connection."""

import socket

import pytest

from forebay.errors import ConfigurationError, ConnectionFailed
from forebay.storm.guard import require_descriptors, resolve


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "127.8.8.8", None])
def test_this_machine_is_allowed(host):
    assert resolve(host, "--http", allows_remote=False) is not None


def test_a_unix_socket_has_no_address():
    assert resolve("/run/postgresql", "--database-url", allows_remote=False) is None


@pytest.mark.parametrize("host", ["192.0.2.1", "10.0.0.1", "2001:db8::1"])
def test_another_machine_needs_a_word(host):
    with pytest.raises(ConfigurationError, match="--database-url leads to") as caught:
        resolve(host, "--database-url", allows_remote=False)
    assert "--allow-remote" in (caught.value.hint or "")
    assert resolve(host, "--database-url", allows_remote=True) == host


def test_a_name_counts_by_where_it_leads(monkeypatch):
    def two_places(*_arguments: object, **_options: object) -> list[tuple[object, ...]]:
        return [
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 0))
            for address in ("127.0.0.1", "192.0.2.7")
        ]

    monkeypatch.setattr(socket, "getaddrinfo", two_places)
    with pytest.raises(ConfigurationError, match=r"192\.0\.2\.7"):
        resolve("both.example", "--http", allows_remote=False)


def test_an_unknown_name():
    with pytest.raises(ConnectionFailed, match=r"no\.such\.host\.invalid cannot be found"):
        resolve("no.such.host.invalid", "--http", allows_remote=True)


def test_too_few_descriptors_are_shown_with_the_arithmetic():
    require_descriptors(5_000, 100, 5_200)
    with pytest.raises(
        ConfigurationError, match=r"100 connections .* needs 5200, .* 5199"
    ) as caught:
        require_descriptors(5_000, 100, 5_199)
    assert "at most 4999 functions" in (caught.value.hint or "")
