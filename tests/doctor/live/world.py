"""A PostgreSQL with a healthy shop in it, whose applications are connected as they should be."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest
from psycopg.rows import TupleRow

from bench.database import SUPERUSER, Database, throw_away_database
from bench.processes import give_to, run, unprivileged_user
from forebay.doctor.live.database import Patience, Plan
from forebay.doctor.live.look import examine_live
from forebay.doctor.registry import all_rules
from forebay.doctor.run import Reported
from forebay.postgres.url import PostgresUrl, parse_url
from tests.support.waiting import wait_until

NAME, OWNER, WATCHER, STRANGER = "shop", "shop", "watcher", "stranger"
# Looks are short here; what a rule waits for is planted for as long.
PATIENCE = Patience(idle=0.2, waiting=0.2, long=0.5)

_SETTINGS = {
    "wal_level": "logical",
    "max_prepared_transactions": "10",
    "max_replication_slots": "10",
}
_STATEMENTS = "pg_stat_statements"

_SCHEMA = """
create table customers (id bigint generated always as identity primary key, name text);
create table orders (
    id bigint generated always as identity primary key,
    customer_id bigint not null references customers,
    status text not null default 'open', note text, quantity int not null default 1
);
create index orders_customer_id_idx on orders (customer_id);
create index orders_status_idx on orders (status);
insert into customers (name) select 'customer ' || n from generate_series(1, 200) n;
insert into orders (customer_id, note)
    select n % 200 + 1, 'note ' || n from generate_series(1, 2000) n;
analyze;
"""
_USES = "set enable_seqscan = off; select count(*) from orders where status = 'open'"


@dataclass
class World:
    """The server, and what a test opens there; everything is closed with the test."""

    server: Database
    clients: ExitStack = field(default_factory=ExitStack)
    threads: list[threading.Thread] = field(default_factory=list)

    def url(self, role: str = WATCHER, database: str = NAME) -> PostgresUrl:
        """Return where a role looks from."""
        return parse_url(f"postgresql://{role}@127.0.0.1:{self.server.port}/{database}")

    def connect(
        self, role: str = OWNER, application: str = "shop-api", *, autocommit: bool = False
    ) -> psycopg.Connection[TupleRow]:
        """Connect an application."""
        connection = psycopg.connect(
            self.url(role).text(),
            application_name=application,
            autocommit=autocommit,
            prepare_threshold=None,
        )
        self.clients.callback(connection.close)
        return connection

    def run(self, statements: str, role: str = SUPERUSER) -> list[TupleRow]:
        """Run statements one by one, as somebody at a prompt."""
        rows: list[TupleRow] = []
        with psycopg.connect(
            self.url(role).text(), application_name="psql", autocommit=True, prepare_threshold=None
        ) as one:
            for statement in filter(None, map(str.strip, statements.split(";"))):
                cursor = one.execute(statement.encode())
                rows = cursor.fetchall() if cursor.description else []
        return rows

    def behind(self, connection: psycopg.Connection[TupleRow], statement: str) -> int:
        """Have a client run a statement that does not come to its end soon; return its pid."""
        pid = connection.info.backend_pid

        def wait() -> None:
            with suppress(psycopg.Error):
                connection.execute(statement.encode())
            # A client whose statement was cancelled gives up.
            connection.close()

        thread = threading.Thread(target=wait)
        thread.start()
        self.threads.append(thread)
        self.wait_for(f"pid = {pid} and state = 'active'")
        return pid

    def wait_for(self, condition: str) -> None:
        """Wait until a session meets a condition."""
        question = f"select 1 from pg_stat_activity where {condition}"
        wait_until(lambda: self.run(question))

    def wait_for_none(self, condition: str) -> None:
        """Wait until no session meets a condition."""
        question = f"select 1 from pg_stat_activity where {condition}"
        wait_until(lambda: not self.run(question))

    def look(
        self,
        *,
        role: str = WATCHER,
        url: PostgresUrl | None = None,
        plan: Plan | None = None,
        patience: Patience = PATIENCE,
    ) -> list[Reported]:
        """Return what the live rules find, as a role that may see everything."""
        rules = [rule for rule in all_rules() if rule.check_live]
        report, unanswered = examine_live(
            rules, None, url or self.url(role), plan=plan, patience=patience
        )
        assert unanswered == []
        return report.found

    def found(self, code: str) -> list[Reported]:
        """Return what one rule finds now."""
        return [one for one in self.look() if one.rule.code == code]

    def skip_to(self, transaction: int) -> None:
        """Have the server go on with another transaction id, as if so many had come and gone."""
        user, data = unprivileged_user(), self.server.folder / "data"
        self.server.server.stop()
        command: list[str | Path] = [self.server.program("pg_resetwal"), "-D", data]
        run([*command, f"--next-transaction-id={transaction}"], awaited="pg_resetwal", user=user)
        # The states of 1,048,576 transactions are in a file of 256 kB.
        segment = data / "pg_xact" / f"{transaction // 1_048_576:04X}"
        segment.write_bytes(bytes(262_144))
        segment.chmod(0o600)
        give_to(user, segment)
        self.server.server.start()

    def close(self) -> None:
        """Close every client, and end who still waits."""
        self.run(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            f" where datname = '{NAME}' and pid <> pg_backend_pid()"
        )
        for thread in self.threads:
            thread.join(10)
        self.threads.clear()
        self.clients.close()


def fixes(reported: Reported) -> list[str]:
    """Return the statements that a finding gives to paste: the lines of its help that end so."""
    lines = (reported.finding.help or "").splitlines()
    return [line for line in lines if line.endswith(";")]


@contextmanager
def running_world(binaries: Path | None = None) -> Iterator[World]:
    """Run a server with a healthy shop while the block lasts."""
    with pytest.MonkeyPatch.context() as patch:
        if binaries is not None:
            patch.setenv("FOREBAY_POSTGRES_BIN", str(binaries))
        with throw_away_database() as server:
            settings = dict(_SETTINGS)
            has_statements = binaries is not None and _brings_statements(server)
            if has_statements:
                settings["shared_preload_libraries"] = _STATEMENTS
            for name, value in settings.items():
                server.ask(f"alter system set {name} = '{value}'")
            server.ask(f"create role {OWNER} login")
            server.ask(f"create role {WATCHER} login in role pg_monitor")
            server.ask(f"create role {STRANGER} login")
            server.ask(f"create database {NAME} owner {OWNER}")
            for role in (OWNER, STRANGER):
                for timeout in ("statement", "lock", "idle_in_transaction_session"):
                    server.ask(
                        f"alter role {role} in database {NAME} set {timeout}_timeout = '10min'"
                    )
            server.server.restart()
            world = World(server)
            world.run(_SCHEMA, OWNER)
            if has_statements:
                world.run(f"create extension {_STATEMENTS}")
            world.run(_USES, OWNER)
            wait_until(
                lambda: (
                    world.run(
                        "select idx_scan from pg_stat_user_indexes"
                        " where indexrelname = 'orders_status_idx'"
                    )
                    != [(0,)]
                )
            )
            yield world


def _brings_statements(server: Database) -> bool:
    return bool(
        server.ask(f"select name from pg_available_extensions where name = '{_STATEMENTS}'")
    )
