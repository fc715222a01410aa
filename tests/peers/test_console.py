"""psql on the console, and a program that reads every table the way exporters do."""

import os
import subprocess

import psycopg

from tests.support.console import OPERATORS
from tests.support.database import Database
from tests.support.gateway import RunningGateway, StartGateway


def _psql(gateway: RunningGateway, database: Database, *commands: str) -> str:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    arguments = [part for command in commands for part in ("-c", command)]
    done = subprocess.run(
        [
            *(database.program("psql"), "-X", "-h", gateway.host, "-p", str(gateway.port)),
            *("-U", "boss", "-d", "pgbouncer", *arguments),
        ],
        env={**environment, "PGSSLMODE": "disable", "LC_ALL": "C"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=120,
    )
    return done.stdout


def test_psql_reads_tables_and_help_and_survives_a_describe(
    start_gateway: StartGateway, database: Database
) -> None:
    gateway = start_gateway(**OPERATORS)
    seen = _psql(
        gateway, database, "show help", "\\d", "show pools;", "show clients", "pause", "resume"
    )
    assert "NOTICE:  Console usage" in seen
    assert "ERROR:  invalid command" in seen
    assert "server closed the connection" not in seen
    assert "cl_active" in seen
    assert "prepared_statements" in seen
    assert seen.index("PAUSE\n") < seen.index("RESUME\n")


def test_an_exporter_reads_everything_it_asks_for(start_gateway: StartGateway) -> None:
    gateway = start_gateway(**OPERATORS)
    gateway.wire().query("select 1")
    with psycopg.connect(
        gateway.url(), dbname="pgbouncer", user="viewer", autocommit=True, sslmode="disable"
    ) as connection:
        for command in ("VERSION", "LISTS", "CONFIG", "DATABASES", "POOLS", "STATS", "TOTALS"):
            cursor = connection.execute(f"SHOW {command};".encode())
            assert cursor.fetchall(), command
        pools = connection.execute("SHOW POOLS")
        names = [column.name for column in pools.description or ()]
        row = dict(zip(names, pools.fetchone() or (), strict=True))
        assert isinstance(row["cl_active"], int)
        assert isinstance(row["database"], str)
