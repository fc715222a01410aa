"""Writes the table of docs/transaction-mode.md from what was recorded, or records it anew.

`python -m tools.transaction_mode` writes the page; with `record` it runs every driver's scripts
first, at PostgreSQL, behind Forebay and behind the PgBouncer that PGBOUNCER names.
"""

import os
import sys
import tempfile
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path

from tests.peers.matrix.drivers import DRIVERS, Driver, build_pgjdbc, build_pgx
from tests.peers.matrix.features import FEATURES, Feature
from tests.peers.matrix.record import BREAKS, NO_INTERFACE, WORKS, Column, Record
from tests.peers.matrix.run import Outcome, at, behind, behind_pgbouncer, run_script
from tests.support import pgbouncer
from tests.support.database import Database, throw_away_database
from tests.support.gateway import starter

PAGE = Path(__file__).parent.parent / "docs" / "transaction-mode.md"
START, END = "<!-- The table that tools/transaction_mode.py writes. -->\n", "<!-- Its end. -->\n"


def page(text: str, record: Record) -> str:
    """Return the page with its table as recorded."""
    before, _, rest = text.partition(START)
    _, _, after = rest.partition(END)
    written = f"{record.table()}\nRecorded with {record.versions()}.\n"
    return f"{before}{START}\n{written}\n{END}{after}"


def _forebay(driver: Driver, feature: Feature, database: Database) -> Outcome:
    with ExitStack() as resources:
        gateway = starter(database, resources)(
            default_pool_size=2, log_connections=False, log_disconnections=False
        )
        return run_script(driver, feature, behind(gateway, database))


def _pgbouncer(driver: Driver, feature: Feature, database: Database, program: Path) -> Outcome:
    with pgbouncer.running_pgbouncer(program, database) as door:
        return run_script(driver, feature, behind_pgbouncer(door, database))


def _record_driver(driver: Driver, database: Database, program: Path) -> Column:
    ours: dict[str, str] = {}
    theirs: dict[str, str] = {}
    met: dict[str, str] = {}
    for feature in FEATURES:
        if feature.name in driver.lacks:
            ours[feature.name] = theirs[feature.name] = NO_INTERFACE
            continue
        directly = run_script(driver, feature, at(database))
        if not directly.works(feature):
            raise SystemExit(f"{driver.name} {feature.name}: at PostgreSQL itself {directly}")
        here = _forebay(driver, feature, database)
        there = _pgbouncer(driver, feature, database, program)
        ours[feature.name] = WORKS if here.works(feature) else BREAKS
        theirs[feature.name] = WORKS if there.works(feature) else BREAKS
        if not there.works(feature):
            met[feature.name] = there.stopped or " | ".join(there.seen)
        print(f"{driver.name} {feature.name}: {ours[feature.name]}, {theirs[feature.name]}")
        if not here.works(feature):
            print(f"  {here.stopped or ''} {here.seen}", file=sys.stderr)
    return Column(driver.name, driver.title, driver.version(), ours, theirs, met)


def _drivers(folder: Path) -> Iterable[Driver]:
    return [*DRIVERS, build_pgx(folder), build_pgjdbc(folder)]


def record() -> Record:
    """Run everything."""
    named = os.environ.get("PGBOUNCER")
    if not named:
        raise SystemExit("set PGBOUNCER to the binary of PgBouncer that is to stand beside")
    program = Path(named)
    with tempfile.TemporaryDirectory() as folder, throw_away_database() as database:
        drivers = _drivers(Path(folder))
        postgresql = str(database.ask("show server_version")[0][0])
        columns = [_record_driver(driver, database, program) for driver in drivers]
    return Record(pgbouncer.version(program), postgresql, columns)


def main() -> int:
    """Write the page, and return the exit code."""
    if sys.argv[1:] == ["record"]:
        record().save()
    elif sys.argv[1:]:
        print("usage: python -m tools.transaction_mode [record]", file=sys.stderr)
        return 2
    PAGE.write_text(page(PAGE.read_text(), Record.load()))
    print(f"wrote {PAGE.name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
