"""A fresh clone, as a newcomer meets it: how long until ``make up`` answers and tests are green.

The clone is of the last commit. Caches of packages outside it stay as they are on this machine.
"""

from __future__ import annotations

import re
import shutil
import tempfile
import time
from pathlib import Path

from bench.database import find_binaries
from bench.errors import BenchError
from bench.processes import Child, find_tool, is_listening, run, wait_until
from bench.prove.registry import Context, Finding, proof

DEFAULT_PORT = 6432
LONGEST_SECONDS = 1800.0
AGAIN_SECONDS = 10.0
URL = re.compile(r"DATABASE_URL\W+(postgres(?:ql)?://[^\s'\"]+)")


def _answers(url: str) -> bool:
    try:
        command = [str(find_binaries() / "psql"), "-XAtq", url, "-c", "select 1"]
        return run(command, awaited="psql").strip() == "1"
    except BenchError:
        return False


def _time_up(clone: Path, log: Path) -> float:
    """Time ``make up`` from the command to psql's answer through the printed URL."""
    make = find_tool("make", "install make")
    started = time.monotonic()
    with Child([make, "up"], log=log, directory=clone) as up:

        def is_answering() -> bool:
            found = URL.search(log.read_text(errors="replace"))
            return found is not None and _answers(found.group(1))

        up.expect(is_answering, LONGEST_SECONDS, "make up to print DATABASE_URL and answer")
        seconds = time.monotonic() - started
    wait_until(lambda: not is_listening(DEFAULT_PORT), 60, "make up to have ended")
    return seconds


def _time_test(clone: Path) -> float:
    started = time.monotonic()
    make = find_tool("make", "install make")
    run([make, "test"], awaited="make test", directory=clone)
    return time.monotonic() - started


@proof(
    "fresh", "a fresh clone runs and tests green with one command each", minutes=20, optional=True
)
def fresh_clone(context: Context) -> list[Finding]:
    """Clone, then time the first and second ``make up`` and ``make test``."""
    if is_listening(DEFAULT_PORT):
        raise BenchError(f"port {DEFAULT_PORT} is taken", hint="end the gateway that runs there")
    folder = Path(tempfile.mkdtemp(prefix="forebay-fresh-"))
    clone = folder / "forebay"
    findings = []
    try:
        git = find_tool("git", "install git")
        run([git, "clone", "--quiet", "--no-local", context.project, clone], awaited="git clone")
        for which, bar, limit in (
            ("first", f"<= {LONGEST_SECONDS:.0f} s", LONGEST_SECONDS),
            ("second", f"<= {AGAIN_SECONDS:.0f} s", AGAIN_SECONDS),
        ):
            context.say(f"make up, {which} run")
            seconds = _time_up(clone, folder / f"up-{which}.log")
            claim = f"make up until psql answers, {which} run"
            findings.append(Finding(claim, bar, f"{seconds:.1f} s", seconds <= limit))
        for which in ("first", "second"):
            context.say(f"make test, {which} run")
            findings.append(_test_finding(clone, which))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return findings


def _test_finding(clone: Path, which: str) -> Finding:
    claim = f"make test, {which} run"
    try:
        return Finding(claim, "green", f"green in {_time_test(clone):.1f} s", True)
    except BenchError as error:
        return Finding(claim, "green", str(error), False)
