"""Fixtures for every room: a database, a pooler before it, and folders PostgreSQL can reach."""

import shutil
import signal
import socket
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from bench.processes import free_port
from forebay.postgres.binaries import find_binaries
from forebay.postgres.embedded import EmbeddedServer, start_ephemeral
from tests.running import RunningForebay, start_forebay

# A shell has what it starts in the background ignore the keyboard's signals, and programs inherit
# that: those that tests start and interrupt would never end.
for _number, _usual in (
    (signal.SIGINT, signal.default_int_handler),
    (signal.SIGQUIT, signal.SIG_DFL),
):
    if signal.getsignal(_number) is signal.SIG_IGN:
        signal.signal(_number, _usual)


@pytest.fixture(scope="session")
def binaries() -> Path:
    """The folder with postgres, psql and pgbench."""
    return find_binaries()


@pytest.fixture(scope="session")
def embedded() -> Iterator[EmbeddedServer]:
    """One PostgreSQL for the whole run; tests that change it make their own database."""
    with start_ephemeral() as server:
        yield server


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that PostgreSQL's account can reach; pytest's own are closed to it under root."""
    path = Path(tempfile.mkdtemp(prefix="forebay-test-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


@pytest.fixture
def forebay_up(tmp_path: Path) -> Iterator[Callable[..., RunningForebay]]:
    """Start `forebay up` with these arguments, as often as wanted; all end with the test."""
    with ExitStack() as stack:
        started = 0

        def start(*arguments: str, **options: object) -> RunningForebay:
            nonlocal started
            started += 1
            log_path = tmp_path / f"forebay-{started}.log"
            running = start_forebay(*arguments, log_path=log_path, **options)  # type: ignore[arg-type]
            return stack.enter_context(running)

        yield start


@pytest.fixture
def taken_port() -> Iterator[int]:
    """A port of this machine that somebody listens on, and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


@pytest.fixture
def closed_port() -> int:
    """A port of this machine that nobody listens on."""
    return free_port()
