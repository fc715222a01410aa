"""A throw-away PostgreSQL that does TLS, which the embedded one cannot."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from forebay.postgres.binaries import OVERRIDE
from forebay.postgres.embedded import start_ephemeral
from tests.support.certificates import Authority, Pair
from tests.support.database import Database
from tests.support.door import DATABASE, PASSWORD, USER
from tests.support.waiting import wait_until

TLS_BINARIES = "FOREBAY_TLS_POSTGRES_BIN"

# The user's name says what pg_hba.conf demands of it.
_ACCESS = """\
hostssl all only_tls 127.0.0.1/32 scram-sha-256
hostnossl all only_plain 127.0.0.1/32 scram-sha-256
hostssl all bearer 127.0.0.1/32 cert
host all only_tls,only_plain,bearer 127.0.0.1/32 reject
host all app 127.0.0.1/32 scram-sha-256
local all app trust
"""
ROLES = (USER, "only_tls", "only_plain", "bearer")


def tls_binaries() -> Path:
    """Return the folder of a PostgreSQL that was built with OpenSSL, of any version from 14."""
    named = os.environ.get(TLS_BINARIES)
    found = [Path(named)] if named else sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    assert found, f"no PostgreSQL with TLS: install postgresql, or name its bin in {TLS_BINARIES}"
    return found[-1]


@contextmanager
def encrypted_database(authority: Authority, pair: Pair) -> Iterator[Database]:
    """Run a fresh server with TLS while the block lasts."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(OVERRIDE, str(tls_binaries()))
        server = start_ephemeral()
    with server:
        data = server.directory.data
        access = data / "pg_hba.conf"
        access.write_text(_ACCESS + access.read_text())
        settings = {
            "ssl_cert_file": pair.certificate,
            "ssl_key_file": pair.key,
            "ssl_ca_file": authority.file,
        }
        with psycopg.connect(server.socket_url.text(), autocommit=True) as administrator:
            for setting, file in settings.items():
                _give(file, data / file.name)
                administrator.execute(f"alter system set {setting} = '{file.name}'".encode())
            administrator.execute("alter system set ssl = on")
            administrator.execute("select pg_reload_conf()")
            for role in ROLES:
                administrator.execute(
                    sql.SQL("create role {} login password {}").format(
                        sql.Identifier(role), sql.Literal(PASSWORD)
                    )
                )
            administrator.execute(f"create database {DATABASE} owner {USER}".encode())
        inside = replace(server.socket_url, database=DATABASE)
        with psycopg.connect(inside.text(), autocommit=True) as administrator:
            database = Database(
                "127.0.0.1", server.port, server=server, administrator=administrator
            )
            wait_until(lambda: database.ask("show ssl") == [("on",)])
            yield database


def _give(source: Path, target: Path) -> None:
    """Copy a file to where PostgreSQL reads it, as its own."""
    shutil.copyfile(source, target)
    target.chmod(0o600)
    owner = target.parent.stat()
    os.chown(target, owner.st_uid, owner.st_gid)
