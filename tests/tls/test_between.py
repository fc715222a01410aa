"""SCRAM notices who ends TLS between a client and a gateway, or a gateway and PostgreSQL."""

import psycopg
import pytest

from tests.support.between import Between
from tests.support.certificates import Authority, Pair, client_settings
from tests.support.database import Database
from tests.support.door import PASSWORD
from tests.support.gateway import StartGateway, database_entry


@pytest.mark.parametrize(
    ("strips", "refusal"),
    [(False, "channel binding check failed"), (True, "was not told that it is offered here")],
)
def test_between_a_client_and_a_gateway(
    start_gateway: StartGateway, authority: Authority, pair: Pair, strips: bool, refusal: str
) -> None:
    gateway = start_gateway(**client_settings(pair, "require"), auth_type="scram-sha-256")
    # Trusted as much as the gateway's own: only the binding tells them apart.
    other = authority.issue("between", "127.0.0.1")
    with Between((gateway.host, gateway.port), other, strips=strips) as between:
        settings = {"sslmode": "verify-full", "sslrootcert": str(authority.file)}
        with pytest.raises(psycopg.OperationalError, match=refusal):
            gateway.connect(port=between.port, **settings)
        with pytest.raises(psycopg.OperationalError):
            gateway.connect(port=between.port, channel_binding="require", **settings)
        # Who does not bind is not helped.
        unbound = gateway.connect(port=between.port, channel_binding="disable", **settings)
        assert unbound.execute("select 1").fetchone() == (1,)
        unbound.close()


@pytest.mark.parametrize(
    ("strips", "refusal"),
    [(False, "channel binding check failed"), (True, "channel binding negotiation error")],
)
def test_between_a_gateway_and_postgresql(
    start_before_encrypted: StartGateway,
    encrypted: Database,
    authority: Authority,
    strips: bool,
    refusal: str,
) -> None:
    other = authority.issue("between", "127.0.0.1")
    with Between((encrypted.host, encrypted.port), other, strips=strips) as between:
        entry = {**database_entry(encrypted), "user": "app", "password": PASSWORD}
        gateway = start_before_encrypted(
            databases=[{**entry, "port": between.port}],
            server_tls_sslmode="verify-full",
            server_tls_ca_file=str(authority.file),
            server_login_retry=0.1,
        )
        with pytest.raises(psycopg.OperationalError, match=refusal):
            gateway.connect()
