"""A gateway in a process of its own: it serves, it refuses, and it never outlives its parent."""

import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from forebay.errors import GatewayFailed
from forebay.serve.child import GatewayProcess
from forebay.serve.settings import Settings
from tests.support.waiting import wait_until

_PARENT = """
import sys
from forebay.serve.child import GatewayProcess
from forebay.serve.settings import Settings
settings = Settings(listen_port=0, databases={"*": {"host": "127.0.0.1"}})
with GatewayProcess(settings) as gateway:
    print(gateway.pid, flush=True)
    sys.stdin.read()
"""


def _settings(port: int, **more: object) -> Settings:
    return Settings.model_validate(
        {
            "listen_port": 0,
            "auth_type": "scram-sha-256",
            "databases": {"*": {"host": "127.0.0.1", "port": port}},
            **more,
        }
    )


def _is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_it_serves_and_ends_with_its_block(embedded):
    password = embedded.password.reveal()
    settings = _settings(embedded.port, users={"postgres": {"password": password}})
    with GatewayProcess(settings) as gateway:
        port = int(gateway.addresses[0].rpartition(":")[2])
        with psycopg.connect(replace(embedded.url, port=port).text()) as connection:
            assert connection.execute("select 40 + 2").fetchone() == (42,)
            assert gateway.ending() is None
            assert (gateway.cpu_seconds() or 0) >= 0
            command = Path(f"/proc/{gateway.pid}/cmdline").read_text()
            assert password not in command
        pid = gateway.pid
    assert not _is_running(pid)
    gateway.stop()


def test_it_refuses_in_the_gateways_words(taken_port, embedded):
    with pytest.raises(GatewayFailed, match="did not start"):
        GatewayProcess(_settings(embedded.port, listen_port=taken_port))


def test_its_end_is_seen():
    with GatewayProcess(_settings(1)) as gateway:
        os.kill(gateway.pid, signal.SIGKILL)
        wait_until(lambda: gateway.ending() == "killed by signal 9")


def test_it_ends_when_its_parent_is_killed():
    parent = subprocess.Popen(
        [sys.executable, "-c", _PARENT], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    assert parent.stdin is not None
    pid = int(parent.stdout.readline())
    assert _is_running(pid)
    parent.kill()
    parent.wait()
    parent.stdout.close()
    parent.stdin.close()
    wait_until(lambda: not _is_running(pid))
