"""What a pooler is for: far more clients than PostgreSQL would ever let in."""

import subprocess

from tests.support.database import Database
from tests.support.door import DATABASE, USER, Door
from tests.support.gateway import StartGateway
from tests.support.waiting import wait_until

CLIENTS = 500
POOL = 20


def _storm(database: Database, door: Door) -> subprocess.CompletedProcess[str]:
    """Let 500 clients run four transactions each, all connected before the first begins."""
    return subprocess.run(
        [
            *(database.program("pgbench"), "-n", "-S", "-c", str(CLIENTS), "-j", "2", "-t", "4"),
            *("-h", door.host, "-p", str(door.port), "-U", USER, DATABASE),
        ],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_five_hundred_clients_share_twenty_servers(
    start_gateway: StartGateway, database: Database
) -> None:
    subprocess.run(
        [
            *(database.program("pgbench"), "-i", "-q", "-h", database.host),
            *("-p", str(database.port), "-U", USER, DATABASE),
        ],
        capture_output=True,
        check=True,
    )
    gateway = start_gateway(default_pool_size=POOL, max_client_conn=CLIENTS)
    refused = _storm(database, database)
    assert refused.returncode != 0
    assert ("too many clients" in refused.stderr) or ("connection slots" in refused.stderr)
    served = _storm(database, gateway)
    assert (served.returncode, served.stderr.count("ERROR")) == (0, 0), served.stderr
    assert f"number of transactions actually processed: {CLIENTS * 4}/{CLIENTS * 4}" in (
        served.stdout
    )
    wait_until(lambda: len(database.backends()) <= POOL)
