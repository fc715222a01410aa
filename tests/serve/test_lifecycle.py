"""Signals and ends, with a data plane that only writes down what it is told.

Each case is a process of its own: `run` blocks signals for good, as it must.
"""

import signal
import subprocess
import sys

import pytest

_PROGRAM = """
import os, signal, sys, threading, types

class GatewayError(Exception):
    pass

class Gateway:
    addresses = ["127.0.0.1:6432"]

    @staticmethod
    def start(configuration, on_reload=None):
        if configuration == "refuse":
            raise GatewayError("it cannot", "do otherwise")
        blocked = signal.pthread_sigmask(signal.SIG_BLOCK, [])
        assert {signal.SIGTERM, signal.SIGINT, signal.SIGHUP} <= blocked
        gateway = Gateway()
        gateway.ended = threading.Event()
        gateway.configuration = configuration
        if configuration == "ends by itself":
            gateway.ended.set()
        return gateway

    def drain(self):
        print("drain", flush=True)
        if self.configuration == "drains":
            self.ended.set()

    def stop(self):
        if not self.ended.is_set():
            print("stop", flush=True)
        self.ended.set()

    def join(self, timeout=None):
        return self.ended.wait(timeout)

    def stats(self):
        return '{"drained": 3, "panics": 0, "asked_to_end": false}'

module = types.ModuleType("forebay._gateway")
module.Gateway, module.GatewayError = Gateway, GatewayError
sys.modules["forebay._gateway"] = module

from forebay.errors import GatewayFailed
from forebay.serve.lifecycle import interruptible_start, run

def listening(addresses):
    print(*addresses, flush=True)
    if sys.argv[1] == "announcement fails":
        raise RuntimeError("no")

try:
    run(sys.argv[1], listening)
except (GatewayFailed, RuntimeError) as error:
    print(repr(error), getattr(error, "hint", None), flush=True)
    sys.exit(2)
"""


def _start(configuration: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", _PROGRAM, configuration],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def _line(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_the_first_signal_drains(number):
    with _start("drains") as process:
        assert _line(process) == "127.0.0.1:6432"
        process.send_signal(number)
        output, log = process.communicate(timeout=120)
    assert output == "drain\n"
    assert process.returncode == 0
    assert log.splitlines()[-1].startswith("forebay: ended after")
    assert log.splitlines()[-1].endswith(": 3 clients sent away, 0 defects met")


def test_the_second_signal_stops():
    with _start("hangs") as process:
        assert _line(process) == "127.0.0.1:6432"
        process.send_signal(signal.SIGTERM)
        assert _line(process) == "drain"
        process.send_signal(signal.SIGTERM)
        output, _ = process.communicate(timeout=120)
    assert output == "stop\n"
    assert process.returncode == 0


def test_a_data_plane_that_ends_by_itself_is_an_error():
    with _start("ends by itself") as process:
        output, _ = process.communicate(timeout=120)
    assert process.returncode == 2
    assert "ended without being asked" in output


def test_a_refusal_keeps_its_hint():
    with _start("refuse") as process:
        output, _ = process.communicate(timeout=120)
    assert process.returncode == 2
    assert "it cannot" in output
    assert output.endswith(" do otherwise\n")


def test_a_failed_announcement_stops_the_data_plane():
    with _start("announcement fails") as process:
        output, _ = process.communicate(timeout=120)
    assert process.returncode == 2
    assert output.splitlines()[1] == "stop"


_INTERRUPTIBLE = """
import signal
from forebay.serve.lifecycle import interruptible_start

signal.signal(signal.SIGHUP, signal.SIG_IGN)
with interruptible_start():
    assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    try:
        print("starting", flush=True)
        signal.pause()
    except KeyboardInterrupt:
        print("cleaned up", flush=True)
assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_start_can_be_interrupted_and_cleans_up(number):
    with subprocess.Popen(
        [sys.executable, "-c", _INTERRUPTIBLE], stdout=subprocess.PIPE, text=True
    ) as process:
        assert _line(process) == "starting"
        process.send_signal(number)
        assert _line(process) == "cleaned up"
    assert process.returncode == 0
