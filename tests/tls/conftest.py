"""Fixtures of the tests with TLS: an authority, a server's certificate, and PostgreSQL with TLS."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.support.certificates import Authority, Pair
from tests.support.database import Database
from tests.support.encrypted import encrypted_database
from tests.support.fixtures import database, running_database, start_gateway
from tests.support.gateway import StartGateway, starter

__all__ = ["database", "running_database", "start_gateway"]


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """The authority that everybody trusts."""
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="session")
def other_authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """An authority that nobody trusts."""
    return Authority(tmp_path_factory.mktemp("other"), "other")


@pytest.fixture(scope="session")
def pair(authority: Authority) -> Pair:
    """The certificate of a server on this machine."""
    return authority.issue("server", "localhost", "127.0.0.1")


@pytest.fixture(scope="session")
def running_encrypted(authority: Authority) -> Iterator[Database]:
    """One PostgreSQL for all tests of the folder; its certificate names `localhost` alone."""
    pair = authority.issue("postgresql", "localhost")
    with encrypted_database(authority, pair) as running:
        yield running


@pytest.fixture
def encrypted(running_encrypted: Database) -> Iterator[Database]:
    """PostgreSQL with TLS, as a door without a gateway."""
    with ExitStack() as clients:
        running_encrypted.resources = clients
        yield running_encrypted


@pytest.fixture
def start_before_encrypted(encrypted: Database) -> Iterator[StartGateway]:
    """Start gateways before `encrypted`."""
    with ExitStack() as resources:
        yield starter(encrypted, resources)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder for files of one test."""
    return tmp_path
