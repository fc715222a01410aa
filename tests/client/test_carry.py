"""Carrying statements in one round trip."""

import logging

import psycopg
import pytest

from forebay.client.carry import connect, send
from forebay.engine.statement import Bound
from forebay.postgres.embedded import EmbeddedServer


def test_the_first_error_is_told_and_nothing_besides(
    embedded: EmbeddedServer, caplog: pytest.LogCaptureFixture
) -> None:
    # So much that answers are read while there is more to be sent.
    long = Bound("select length($1)", ["x" * 100_000])
    statements = [Bound("select 1 / 0", []), *[long] * 200]
    with connect(embedded.url) as connection:
        with caplog.at_level(logging.DEBUG), pytest.raises(psycopg.errors.DivisionByZero):
            send(connection, statements)
        assert [record.getMessage() for record in caplog.records] == []
        assert [result.rows for result in send(connection, [long] * 2)] == [[(100_000,)]] * 2
