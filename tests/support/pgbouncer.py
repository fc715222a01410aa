"""PgBouncer in transaction mode before the throw-away database, to put beside a gateway."""

import re
import signal
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from bench.processes import (
    Child,
    free_port,
    give_to,
    is_listening,
    run,
    unprivileged_user,
)
from tests.support.database import Database
from tests.support.door import DATABASE, USER, Door

# Its defaults, but for the pool's size and the two lines that its documentation gives to users of
# pgjdbc and of PostgreSQL 18.
SETTINGS = {
    "pool_mode": "transaction",
    "default_pool_size": "2",
    "auth_type": "trust",
    "ignore_startup_parameters": "extra_float_digits",
    "track_extra_parameters": "IntervalStyle, search_path",
}


def version(program: Path) -> str:
    """Return what it calls its version."""
    (found,) = re.findall(r"^PgBouncer (\S+)", run([program, "--version"], awaited="its version"))
    return str(found)


@contextmanager
def running_pgbouncer(program: Path, database: Database) -> Iterator[Door]:
    """Run it while the block lasts; a pool of two servers."""
    user, port = unprivileged_user(), free_port()
    with tempfile.TemporaryDirectory(prefix="forebay-pgbouncer-") as name, ExitStack() as clients:
        folder = Path(name)
        folder.chmod(0o755)
        users, settings = folder / "users.txt", folder / "pgbouncer.ini"
        users.write_text(f'"{USER}" ""\n')
        lines = [
            "[databases]",
            f"{DATABASE} = host={database.host} port={database.port}",
            "[pgbouncer]",
            f"listen_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =",
            f"auth_file = {users}",
            *(f"{name} = {value}" for name, value in SETTINGS.items()),
        ]
        settings.write_text("\n".join([*lines, ""]))
        give_to(user, folder, users, settings)
        command = [program, settings]
        log = folder / "pgbouncer.log"
        with Child(command, log=log, user=user, ending=signal.SIGQUIT) as child:
            child.expect(lambda: is_listening(port), 15, "PgBouncer to listen")
            yield Door("127.0.0.1", port, clients)
            clients.close()
