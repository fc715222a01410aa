"""Migrations through poolers: refused, or run to the end."""

from __future__ import annotations

import os
import tempfile
from contextlib import ExitStack
from pathlib import Path

from bench.errors import BenchError
from bench.prove.registry import Context, Finding, proof
from forebay.errors import MigrationError
from forebay.migrate.commands.deploy import deploy
from forebay.migrate.commands.project import open_project
from forebay.postgres.url import parse_url
from tests.support.database import Database, throw_away_database
from tests.support.door import DATABASE, USER, Door
from tests.support.gateway import starter
from tests.support.pgbouncer import running_pgbouncer

SCHEMA = 'datasource db {\n  provider = "postgresql"\n}\n'
SCRIPT = "create table a (i int); set search_path = nowhere;\n"
MIGRATIONS = 20
TRIES = 20


def _project(folder: Path) -> None:
    (folder / "schema.prisma").write_text(SCHEMA)
    for number in range(MIGRATIONS):
        path = folder / "migrations" / f"{number:02}_a"
        path.mkdir(parents=True)
        script = SCRIPT if number == 0 else "insert into public.a values (1);"
        (path / "migration.sql").write_text(script)


def _deploy(folder: Path, door: Door) -> str:
    url = parse_url(f"postgresql://{USER}@{door.host}:{door.port}/{DATABASE}")
    project = open_project(Path("schema.prisma"), folder, url)
    try:
        done = deploy(project, lambda _: None)
    except MigrationError as error:
        return "refused" if "a pooler stands between" in error.message else error.message
    return f"applied {len(done.applied)}"


def _clean(database: Database) -> None:
    database.ask("drop table if exists public.a, public._prisma_migrations")


@proof("migrate-pooled", "a migration through a pooler is refused, or runs to the end", minutes=1)
def migrate_pooled(context: Context) -> list[Finding]:
    """Deploy through PgBouncer, which gives servers away, and through ours, which pins."""
    program = os.environ.get("PGBOUNCER")
    if not program:
        raise BenchError("set PGBOUNCER to the program that is to be found out")
    findings = []
    with tempfile.TemporaryDirectory() as name, throw_away_database() as database:
        folder = Path(name)
        _project(folder)
        with ExitStack() as clients:
            database.resources = clients
            with running_pgbouncer(Path(program), database) as door:
                came = [_deploy(folder, door) for _ in range(TRIES)]
            count = came.count("refused")
            findings.append(
                Finding("through PgBouncer: refused", "all", f"{count} of {TRIES}", count == TRIES)
            )
            left = database.ask("select count(*) from pg_locks where locktype = 'advisory'")
            findings.append(Finding("locks left behind", "0", str(left[0][0]), left == [(0,)]))
            with ExitStack() as resources:
                gateway = starter(database, resources)()
                came = []
                for _ in range(TRIES):
                    _clean(database)
                    came.append(_deploy(folder, gateway))
            count = came.count(f"applied {MIGRATIONS}")
            findings.append(
                Finding("through Forebay: applied", "all", f"{count} of {TRIES}", count == TRIES)
            )
    return findings
