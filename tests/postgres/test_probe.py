"""Each way a database can fail to answer has its own error, and none shows a password."""

from dataclasses import replace

import pytest

from forebay.errors import AuthenticationFailed, ConnectionFailed, DatabaseMissing
from forebay.postgres.probe import probe
from forebay.postgres.secret import Secret
from forebay.postgres.url import PostgresUrl


def test_a_server_says_what_it_is(embedded):
    for url in (embedded.url, embedded.socket_url):
        answer = probe(url, timeout=5)
        assert answer.version >= 180000
        assert answer.max_connections == 100


def test_a_wrong_password_is_told_apart(embedded):
    with pytest.raises(AuthenticationFailed) as caught:
        probe(replace(embedded.url, password=Secret("sesame")), timeout=5)
    assert '"postgres"' in caught.value.message
    assert "sesame" not in str(caught.value)


def test_a_missing_password_is_told_apart(embedded, monkeypatch):
    monkeypatch.setenv("PGPASSFILE", "/dev/null")
    with pytest.raises(AuthenticationFailed, match="no password"):
        probe(replace(embedded.url, password=None), timeout=5)


def test_a_missing_database_is_told_apart(embedded):
    with pytest.raises(DatabaseMissing, match="nowhere") as caught:
        probe(replace(embedded.url, database="nowhere"), timeout=5)
    assert "createdb" in (caught.value.hint or "")


def test_nobody_there(closed_port):
    with pytest.raises(ConnectionFailed, match=f"127.0.0.1:{closed_port} cannot be reached"):
        probe(PostgresUrl("a", None, "127.0.0.1", closed_port, "b"), timeout=5)


def test_somebody_there_who_says_nothing(taken_port):
    with pytest.raises(ConnectionFailed, match="timeout"):
        probe(PostgresUrl("a", None, "127.0.0.1", taken_port, "b"), timeout=2)
