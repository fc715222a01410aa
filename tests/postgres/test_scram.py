"""Verifiers that PostgreSQL takes as its own."""

from dataclasses import replace

import psycopg
import pytest

from forebay.postgres.scram import scram_verifier
from forebay.postgres.secret import Secret


@pytest.mark.parametrize("iterations", [1, 4096])
def test_postgresql_lets_its_password_in_and_no_other(embedded, iterations):
    verifier = scram_verifier(Secret("let me in"), iterations=iterations)
    with psycopg.connect(embedded.url.text(), autocommit=True) as connection:
        connection.execute(f"create role visitor login password '{verifier.reveal()}'".encode())
        try:
            url = replace(embedded.url, user="visitor", password=Secret("let me in"))
            with psycopg.connect(url.text()) as visit:
                assert visit.execute("select current_user").fetchone() == ("visitor",)
            with pytest.raises(psycopg.OperationalError, match="authentication failed"):
                psycopg.connect(replace(url, password=Secret("let me out")).text())
        finally:
            connection.execute("drop role visitor")


def test_two_verifiers_of_one_password_differ():
    one, two = (scram_verifier(Secret("x"), iterations=1).reveal() for _ in range(2))
    assert one != two
    assert "x" not in repr(scram_verifier(Secret("x"), iterations=1))
