"""Which clients a Python application keeps: the engines and pools its code makes, or its packages.

SQLAlchemy speaks through a driver, so that a driver beside it is no client of its own: it is one
where the code connects with it as well.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from forebay.doctor.advise.situation import Client
from forebay.doctor.python.engines import Engine, Kind, engines_of
from forebay.doctor.repository.package import Package
from forebay.doctor.repository.repository import Repository

# Each run is a process of its own, which ends.
_ELSEWHERE = re.compile(r"(?:^|/)(?:alembic|migrations|scripts|tests?)/")
_RAW = {
    Kind.ASYNCPG_POOL: Client.ASYNCPG,
    Kind.ASYNCPG_CONNECTION: Client.ASYNCPG,
    Kind.PSYCOPG_POOL: Client.PSYCOPG,
    Kind.PSYCOPG_ASYNC_POOL: Client.PSYCOPG,
    Kind.PSYCOPG_CONNECTION: Client.PSYCOPG,
    Kind.PSYCOPG2_POOL: Client.PSYCOPG2,
    Kind.PSYCOPG2_CONNECTION: Client.PSYCOPG2,
    Kind.FOREBAY: Client.FOREBAY,
}
_SYNC = {"psycopg": Client.SQLALCHEMY, "psycopg2": Client.SQLALCHEMY_PSYCOPG2}
_ASYNC = {
    "asyncpg": Client.SQLALCHEMY_ASYNCPG,
    "psycopg": Client.SQLALCHEMY_PSYCOPG_ASYNC,
    "psycopg_async": Client.SQLALCHEMY_PSYCOPG_ASYNC,
}
_PACKAGES = {
    "asyncpg": "asyncpg",
    "psycopg": "psycopg",
    "psycopg-pool": "psycopg",
    "psycopg-binary": "psycopg",
    "psycopg2": "psycopg2",
    "psycopg2-binary": "psycopg2",
}


def python_clients(repository: Repository) -> dict[Client, str]:
    """Return the clients, each with the file that says so."""
    package = _package(repository)
    drivers = _drivers(package)
    found: dict[Client, str] = {}
    for engine in engines_of(repository):
        path = engine.module.file.path
        client = _client_of(engine, drivers)
        if client is not None and not _ELSEWHERE.search(path):
            found.setdefault(client, path)
    if not found and package is not None:
        for client in _of_packages(package, drivers):
            found.setdefault(client, _where(package))
    return dict(sorted(found.items(), key=lambda one: list(Client).index(one[0])))


def _package(repository: Repository) -> Package | None:
    """Return the outermost Python package that depends on a client."""
    names = ("sqlalchemy", "sqlmodel", "forebay", *_PACKAGES)
    return next(
        (one for one in reversed(repository.packages) if any(name in one.python for name in names)),
        None,
    )


def _where(package: Package) -> str:
    names = ("pyproject.toml", "requirements", "Pipfile", "setup.cfg")
    paths = [file.path for file in package.manifests if file.name.startswith(names)]
    return paths[0] if paths else package.folder


def _drivers(package: Package | None) -> set[str]:
    names = package.python if package is not None else ()
    return {driver for name, driver in _PACKAGES.items() if name in names}


def _client_of(engine: Engine, drivers: set[str]) -> Client | None:
    if engine.kind is Kind.ASYNC_ENGINE:
        guess = "psycopg" if drivers and "asyncpg" not in drivers else "asyncpg"
        return _ASYNC.get(engine.driver or guess)
    if engine.kind is Kind.ENGINE:
        # A URL without a driver means psycopg2 to SQLAlchemy, where that is installed.
        guess = "psycopg2" if "psycopg2" in drivers else "psycopg"
        return _SYNC.get(engine.driver or guess)
    return _RAW.get(engine.kind)


def _of_packages(package: Package, drivers: set[str]) -> Iterator[Client]:
    if "forebay" in package.python:
        yield Client.FOREBAY
    if "sqlalchemy" in package.python or "sqlmodel" in package.python:
        if "asyncpg" in drivers:
            yield Client.SQLALCHEMY_ASYNCPG
        else:
            yield _SYNC["psycopg2" if drivers == {"psycopg2"} else "psycopg"]
        return
    for driver in sorted(drivers):
        yield Client(driver)
