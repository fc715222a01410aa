"""Starts `forebay up` the way a user does, and reads the URLs it prints."""

import os
import re
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Self

import psycopg

from bench.processes import clean_environment as without_libpq

START_TIMEOUT = 20.0
_ASSIGNMENT = re.compile(r'^([A-Z_]+)="([^"]*)"$', re.MULTILINE)


def forebay_command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "forebay", *arguments]


def clean_environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment without what a developer's shell says about databases."""
    kept = without_libpq()
    for name in ("DATABASE_URL", "DIRECT_URL"):
        kept.pop(name, None)
    return {**kept, "NO_COLOR": "1", **(extra or {})}


@dataclass
class RunningForebay:
    """A `forebay up` that has printed its URLs; leaving the block ends it as Ctrl-C would."""

    process: subprocess.Popen[bytes]
    output: str
    log_path: Path

    @property
    def urls(self) -> dict[str, str]:
        return dict(_ASSIGNMENT.findall(self.output))

    @property
    def database_url(self) -> str:
        return self.urls["DATABASE_URL"]

    @property
    def direct_url(self) -> str:
        return self.urls["DIRECT_URL"]

    @property
    def log(self) -> str:
        return self.log_path.read_text()

    def answer(self, url: str) -> object:
        with psycopg.connect(url, autocommit=True) as connection:
            row = connection.execute("select 40 + 2").fetchone()
        assert row is not None
        return row[0]

    def signal(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def wait(self, timeout: float = 60.0) -> int:
        return self.process.wait(timeout)

    def end(self) -> None:
        """End it; a second signal follows when the first does not suffice."""
        for number in (signal.SIGTERM, signal.SIGTERM, signal.SIGKILL):
            if self.process.poll() is not None:
                break
            self.process.send_signal(number)
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                continue
        if self.process.stdout is not None:
            self.process.stdout.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.end()


def start_forebay(
    *arguments: str,
    log_path: Path,
    cwd: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> RunningForebay:
    """Run `forebay up ARGUMENTS` and return once it has printed both URLs."""
    with log_path.open("wb") as log:
        process = subprocess.Popen(
            forebay_command("up", *arguments),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            cwd=cwd,
            env=clean_environment(environment),
        )
    running = RunningForebay(process, "", log_path)
    assert process.stdout is not None
    try:
        running.output = _read_until_urls(process.stdout)
    except BaseException:
        running.end()
        raise
    if "DIRECT_URL" not in running.urls:
        running.end()
        raise AssertionError(f"forebay up printed no URLs; its log:\n{running.log}")
    return running


def _read_until_urls(stream: IO[bytes]) -> str:
    output = b""
    deadline = time.monotonic() + START_TIMEOUT
    with selectors.DefaultSelector() as selector:
        selector.register(stream, selectors.EVENT_READ)
        while b"DIRECT_URL=" not in output or not output.endswith(b"\n"):
            if not selector.select(max(0.0, deadline - time.monotonic())):
                break
            chunk = os.read(stream.fileno(), 65536)
            if not chunk:
                break
            output += chunk
    return output.decode()


def run_forebay(
    arguments: Sequence[str],
    cwd: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run a `forebay` that ends by itself."""
    return subprocess.run(
        forebay_command(*arguments),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        cwd=cwd,
        env=clean_environment(environment),
    )
