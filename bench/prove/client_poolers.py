"""The client's own tests, at PostgreSQL itself and behind poolers in transaction mode.

Nothing in the URL says that there is a pooler. Debian's PgBouncer is fetched with apt-get and
unpacked, not installed; ``PGBOUNCER`` names the newer one.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from bench.errors import BenchError
from bench.processes import (
    Child,
    clean_environment,
    find_tool,
    free_port,
    give_to,
    is_listening,
    run,
    unprivileged_user,
)
from bench.prove.registry import Context, Finding, proof
from tests.running import start_forebay
from tests.support.database import Database, throw_away_database
from tests.support.door import DATABASE, PASSWORD, USER

POOL_SIZE = 20
LONGEST = 15 * 60

SETTINGS = """
[databases]
{name} = host=127.0.0.1 port={database_port} dbname={name}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = trust
auth_file = {users}
pool_mode = transaction
default_pool_size = {pool_size}
max_client_conn = 1000
log_connections = 0
log_disconnections = 0
"""


@dataclass(frozen=True)
class Door:
    """A way to a database: the client's, and around the pooler."""

    name: str
    url: str
    direct: str


@contextmanager
def database() -> Iterator[Database]:
    """Run a server whose ordinary user may do what the tests do beside the client."""
    with throw_away_database() as made:
        made.ask(f"ALTER ROLE {USER} SUPERUSER")
        yield made


@contextmanager
def directly(_folder: Path) -> Iterator[Door]:
    """Nothing is between."""
    with database() as server:
        yield Door("PostgreSQL itself", server.url(), server.url())


@contextmanager
def forebay_up(folder: Path) -> Iterator[Door]:
    """`forebay up`, as a developer runs it."""
    log = folder / "up.log"
    with start_forebay(log_path=log, cwd=folder) as running:
        yield Door("forebay up", running.database_url, running.direct_url)


@contextmanager
def pgbouncer(program: Path, folder: Path) -> Iterator[Door]:
    """A PgBouncer with its defaults, but for the pool's mode."""
    port, user = free_port(), unprivileged_user()
    settings, users = folder / "pgbouncer.ini", folder / "users.txt"
    with database() as server:
        users.write_text(f'"{USER}" "{PASSWORD}"\n')
        settings.write_text(
            SETTINGS.format(
                name=DATABASE,
                database_port=server.port,
                port=port,
                users=users,
                pool_size=POOL_SIZE,
            )
        )
        give_to(user, folder, settings, users)
        log = folder / "pgbouncer.log"
        with Child([program, settings], log=log, user=user, ending=signal.SIGQUIT) as child:
            child.expect(lambda: is_listening(port), 15, "PgBouncer to listen")
            url = f"postgresql://{USER}:{PASSWORD}@127.0.0.1:{port}/{DATABASE}"
            yield Door(f"PgBouncer {version(program)}", url, server.url())


def version(program: Path) -> str:
    """Return what a PgBouncer calls its version."""
    said = run([program, "--version"], awaited="PgBouncer's version")
    return said.splitlines()[0].removeprefix("PgBouncer").strip()


def debian_pgbouncer(folder: Path) -> Path:
    """Fetch Debian's package and unpack it.

    Raises:
        BenchError: there is no apt-get, or it cannot fetch the package.
    """
    apt = find_tool("apt-get", "the package pgbouncer is fetched with it")
    run([apt, "download", "-q", "pgbouncer"], awaited="fetching pgbouncer", directory=folder)
    (package,) = folder.glob("pgbouncer_*.deb")
    run(["dpkg", "-x", package, folder / "debian"], awaited="unpacking pgbouncer")
    return folder / "debian/usr/sbin/pgbouncer"


def named_pgbouncer() -> Path:
    """Return the PgBouncer that the environment names, or the one that is installed."""
    named = os.environ.get("PGBOUNCER")
    return Path(named) if named else find_tool("pgbouncer", "set PGBOUNCER to its binary")


def suite(door: Door, folder: Path, project: Path) -> Finding:
    """Run the client's tests through a door."""
    report = folder / "report.xml"
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/client"]
    finished = subprocess.run(
        [*command, f"--junitxml={report}"],
        cwd=project,
        env=clean_environment(
            {"FOREBAY_TEST_CLIENT_URL": door.url, "FOREBAY_TEST_CLIENT_DIRECT_URL": door.direct}
        ),
        capture_output=True,
        text=True,
        timeout=LONGEST,
        check=False,
    )
    if not report.exists():
        raise BenchError(f"the client's tests did not run: {finished.stdout[-300:]}")
    cases = list(ElementTree.parse(report).iter("testcase"))  # noqa: S314  # our own
    failed = [
        one for one in cases if one.find("failure") is not None or one.find("error") is not None
    ]
    skipped = sum(one.find("skipped") is not None for one in cases)
    names = [re.sub(r"\s+", " ", one.get("name") or "") for one in failed]
    return Finding(
        f"the client's tests pass: {door.name}",
        "all of them, none skipped",
        f"{len(cases) - len(failed) - skipped} of {len(cases)}"
        + (f"; not {', '.join(names[:5])}" if names else ""),
        bool(cases) and not failed and not skipped,
        {"failed": names, "skipped": skipped},
    )


@proof(
    "client-poolers",
    "the client's own tests pass directly, behind forebay up, and behind PgBouncer",
    minutes=5,
)
def client_poolers(context: Context) -> list[Finding]:
    """Run them at each door in turn."""
    findings = []
    with tempfile.TemporaryDirectory(prefix="forebay-client-") as name:
        # PgBouncer runs as an account that must be able to read its settings.
        top = Path(name)
        top.chmod(0o755)
        programs = {"old": debian_pgbouncer(top), "new": named_pgbouncer()}
        doors: dict[str, Callable[[Path], AbstractContextManager[Door]]] = {
            "direct": directly,
            "up": forebay_up,
            **{key: partial(pgbouncer, program) for key, program in programs.items()},
        }
        for key, open_door in doors.items():
            folder = top / key
            folder.mkdir(mode=0o755)
            with open_door(folder) as door:
                context.say(f"the client's tests: {door.name}")
                findings.append(suite(door, folder, context.project))
    return findings
