"""An address that cannot be listened on is found before anything is started."""

import errno
import socket

import pytest

from forebay.errors import ConfigurationError
from forebay.serve.addresses import require_addresses
from forebay.serve.settings import Settings


def _settings(port: int, *addresses: str) -> Settings:
    return Settings(listen_addr=list(addresses) or ["127.0.0.1"], listen_port=port)


def test_a_free_port_is_fine(closed_port):
    require_addresses(_settings(closed_port))
    require_addresses(_settings(0, "127.0.0.1", "localhost"))


def test_a_taken_port(taken_port):
    with pytest.raises(ConfigurationError, match=f"port {taken_port} on 127.0.0.1 is taken") as it:
        require_addresses(_settings(taken_port))
    assert "--port" in (it.value.hint or "")


@pytest.mark.parametrize("address", ["no.such.host.invalid", "x" * 300])
def test_no_address_at_all(address):
    with pytest.raises(ConfigurationError, match="is not an address of this machine"):
        require_addresses(_settings(0, address))


def test_an_address_of_another_machine():
    with pytest.raises(ConfigurationError, match=r"cannot listen on 192\.0\.2\.1"):
        require_addresses(_settings(0, "192.0.2.1"))


def test_a_port_that_needs_a_right(monkeypatch):
    def refuse(_self, _place):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(socket.socket, "bind", refuse)
    with pytest.raises(ConfigurationError, match="needs a right") as caught:
        require_addresses(_settings(432))
    assert "1024" in (caught.value.hint or "")
