"""A database of a module's own, for tests that undo what they do."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import psycopg
import pytest

from forebay.postgres.embedded import EmbeddedServer


@pytest.fixture(scope="module")
def connection(embedded: EmbeddedServer) -> Iterator[psycopg.Connection[Any]]:
    """An empty database; a test that is not its first leaves it as it was."""
    name = f"lint_{secrets.token_hex(6)}"
    with psycopg.connect(embedded.url.text(), autocommit=True) as administrator:
        administrator.execute(f'create database "{name}"'.encode())
        url = replace(embedded.url, database=name)
        with psycopg.connect(url.text(), autocommit=True) as made:
            yield made
        administrator.execute(f'drop database "{name}" with (force)'.encode())
