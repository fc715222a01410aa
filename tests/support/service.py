"""Starts `forebay serve` or `forebay-pgbouncer` on a settings file, and reads its log."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.running import clean_environment
from tests.support.waiting import wait_until

SERVE = (sys.executable, "-m", "forebay", "serve", "--config")
DROP_IN = (sys.executable, "-m", "forebay.cli.pgbouncer")
_LISTENING = re.compile(r"^forebay: listening on (.*): \w+ mode$", re.MULTILINE)


@dataclass
class RunningService:
    """A gateway in a process of its own, and the file its log is in."""

    process: subprocess.Popen[bytes]
    log_path: Path

    @property
    def log(self) -> str:
        return self.log_path.read_text() if self.log_path.exists() else ""

    @property
    def addresses(self) -> list[str]:
        found = _LISTENING.search(self.log)
        return found[1].split(", ") if found else []

    @property
    def port(self) -> int:
        return next(
            int(address.rpartition(":")[2])
            for address in self.addresses
            if not address.startswith("/")
        )

    def wait_until_listening(self) -> None:
        wait_until(lambda: self.addresses or self.process.poll() is not None)
        assert self.addresses, self.log

    def wait_for_log(self, words: str) -> None:
        wait_until(lambda: words in self.log)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for number in (signal.SIGTERM, signal.SIGQUIT, signal.SIGKILL):
            if self.process.poll() is not None:
                return
            self.process.send_signal(number)
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(5)


def start_service(
    command: Sequence[str | Path],
    cwd: Path,
    environment: Mapping[str, str] | None = None,
    log_path: Path | None = None,
) -> RunningService:
    """Run a command in `cwd`; its log is what it says on standard error, or in `log_path`."""
    said = cwd / "standard-error.log"
    with said.open("wb") as stream:
        process = subprocess.Popen(
            [os.fspath(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=stream,
            cwd=cwd,
            env=clean_environment(environment),
        )
    return RunningService(process, log_path or said)
