"""`forebay up` before a database whose URL demands TLS."""

from collections.abc import Callable

import psycopg
import pytest

from tests.running import RunningForebay
from tests.support.certificates import Authority
from tests.support.database import Database
from tests.support.door import DATABASE, PASSWORD

IN_USE = "select ssl from pg_stat_ssl where pid = pg_backend_pid()"


def test_a_url_that_demands_tls_is_followed(
    forebay_up: Callable[..., RunningForebay], encrypted: Database, authority: Authority
) -> None:
    address = f"only_tls:{PASSWORD}@localhost:{encrypted.port}/{DATABASE}"
    url = f"postgresql://{address}?sslmode=verify-full&sslrootcert={authority.file}"
    running = forebay_up("--database-url", url, "--port", "0")
    with psycopg.connect(running.database_url, autocommit=True) as connection:
        assert connection.execute(IN_USE).fetchone() == (True,)


def test_a_server_that_cannot_be_trusted_is_refused(
    encrypted: Database, other_authority: Authority
) -> None:
    address = f"only_tls:{PASSWORD}@localhost:{encrypted.port}/{DATABASE}"
    url = f"postgresql://{address}?sslmode=verify-full&sslrootcert={other_authority.file}"
    with pytest.raises(psycopg.OperationalError, match="certificate verify failed"):
        psycopg.connect(url)
