"""A throw-away PostgreSQL with roles for every way of logging in."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import psycopg
from psycopg import sql
from psycopg.rows import TupleRow

from forebay.postgres.binaries import find_binaries
from forebay.postgres.embedded import EmbeddedServer, start_ephemeral
from tests.support.door import DATABASE, PASSWORD, USER, Door
from tests.support.waiting import wait_until

# Towards PostgreSQL: a role for each method, with the one password.
SERVER_ROLES = {"asks_scram": "scram-sha-256", "asks_md5": "md5", "asks_nothing": "trust"}

_ACCESS = "\n".join(
    [
        f"host all {USER} 127.0.0.1/32 trust",
        f"local all {USER} trust",
        *(f"host all {role} 127.0.0.1/32 {method}" for role, method in SERVER_ROLES.items()),
        "",
    ]
)


# What a process does that waits at a gate.
AT_THE_GATE = "wait_event = 'advisory'"


@dataclass
class Database(Door):
    """The server itself, as a door without a gateway before it."""

    server: EmbeddedServer | None = None
    administrator: psycopg.Connection[TupleRow] | None = None

    @property
    def sockets(self) -> Path:
        """The folder of the server's unix socket."""
        assert self.server is not None
        return self.server.socket_directory

    def program(self, name: str) -> str:
        """Name one of PostgreSQL's own programs."""
        return str(find_binaries() / name)

    def ask(self, statement: str, *values: object) -> list[TupleRow]:
        """Run a statement as the superuser, around every gateway."""
        assert self.administrator is not None
        cursor = self.administrator.execute(statement.encode(), values or None)
        return cursor.fetchall() if cursor.description else []

    def backends(self, condition: str = "true") -> list[int]:
        """List the processes that serve ordinary users, in order of age."""
        found = self.ask(
            "select pid from pg_stat_activity where backend_type = 'client backend'"
            f" and usename <> 'postgres' and {condition} order by backend_start"
        )
        return [pid for (pid,) in found]

    def wait_for_backend(self, condition: str) -> int:
        """Wait until there is a process that meets `condition`; return it."""
        wait_until(lambda: self.backends(condition))
        return self.backends(condition)[0]

    @contextmanager
    def gate(self) -> Iterator[str]:
        """Yield an expression that waits, in whatever statement it stands, until the block ends."""
        self.ask("select pg_advisory_lock(4711)")
        try:
            yield "pg_advisory_xact_lock_shared(4711)"
        finally:
            self.ask("select pg_advisory_unlock(4711)")

    def end_backend(self, pid: int) -> None:
        """Terminate one process, and wait until it is gone."""
        self.ask("select pg_terminate_backend(%s, 10000)", pid)
        wait_until(lambda: not self.backends(f"pid = {pid}"))


@contextmanager
def throw_away_database() -> Iterator[Database]:
    """Run a fresh server with its roles while the block lasts."""
    with start_ephemeral() as server:
        access = server.directory.data / "pg_hba.conf"
        access.write_text(_ACCESS + access.read_text())
        _create(server)
        inside = replace(server.socket_url, database=DATABASE)
        with psycopg.connect(inside.text(), autocommit=True) as administrator:
            yield Database("127.0.0.1", server.port, server=server, administrator=administrator)


def _create(server: EmbeddedServer) -> None:
    """Make the roles and the database of the tests."""
    with psycopg.connect(server.socket_url.text(), autocommit=True) as administrator:
        # MD5 passwords are on their way out, and PostgreSQL says so at every chance.
        if administrator.info.server_version >= 180000:
            administrator.execute("alter system set md5_password_warnings = off")
        administrator.execute("select pg_reload_conf()")
        administrator.execute("set client_min_messages = error")
        for role, method in {USER: "trust", **SERVER_ROLES}.items():
            encryption = "md5" if method == "md5" else "scram-sha-256"
            administrator.execute(f"set password_encryption = '{encryption}'".encode())
            administrator.execute(
                sql.SQL("create role {} login password {}").format(
                    sql.Identifier(role), sql.Literal(PASSWORD)
                )
            )
        administrator.execute(f"create database {DATABASE} owner {USER}".encode())
