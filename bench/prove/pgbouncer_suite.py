"""PgBouncer's own tests with ``forebay-pgbouncer`` in PgBouncer's place.

``PGBOUNCER_SOURCE`` names a checkout of PgBouncer that has been configured and built; it is copied,
and nothing of it is kept. With ``--pooler pgbouncer`` the copy's own program is tested, which is
the count to compare with. All tests begin with one file of settings, so that a single one which is
refused fails them all: PGBOUNCER_SUITE_LENIENT=1 leaves those lines out of it, and says so.

The tests refuse to run as root, so all they need is put where an unprivileged account can read it:
the copy, and a Python environment with the project in it.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import tempfile
import tomllib
import xml.etree.ElementTree as ElementTree
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from bench.database import find_binaries
from bench.errors import BenchError
from bench.processes import (
    Child,
    clean_environment,
    find_tool,
    give_to,
    is_reachable_by_others,
    run,
    unprivileged_user,
    wait_until,
)
from bench.prove.registry import Context, Finding, proof

# Another psycopg fails tests of PgBouncer itself.
PACKAGES = ["pytest>=9,<10", "pytest-asyncio", "pytest-timeout", "pytest-xdist", "filelock"]
PACKAGES += ["psycopg[binary]==3.3.1"]
NEEDS_PROGRAMS = ("socat", "openssl")
LENIENT = "PGBOUNCER_SUITE_LENIENT"
PROCESSES = 4
TEST_SECONDS = 120
LONGEST_RUN = 45 * 60.0
DEBIAN = Path("/usr/lib/postgresql")
# What tests begin with: all of them, and those of TLS.
SETTINGS = ("test/test.ini", "test/ssl/test.ini")
# Of what `forebay config check` says.
_LINE = re.compile(r"test\.ini:(\d+): .*not built yet")
_OWN_EXTRA = re.compile(r"forebay\[([a-z,]+)\]")
# How long tests wait for a pooler to start, in tenths of a second and more.
_TRIES = "tries > 50"
# Tests that wait for ever for what is refused here, and take their process with them. On their own,
# so that those that the process would have run next are not lost.
ALONE = (
    "test/test_operations.py::test_online_restart",
    "test/test_operations.py::test_scram_takeover",
)
# What differs from one test to the next.
_PLACE = re.compile(r"/\S+|\d+")
# What an installed PgBouncer is called within its own checkout.
PROGRAM = "pgbouncer"


@dataclass
class Suite:
    """The tests, laid out where an unprivileged account can run them."""

    folder: Path
    user: str | None

    @property
    def source(self) -> Path:
        """The copy of the checkout."""
        return self.folder / "source"

    @property
    def python(self) -> Path:
        """The interpreter with everything the tests and the project import."""
        return self.folder / "python" / "bin" / "python"

    @property
    def reports(self) -> list[Path]:
        """What the tests came to, those that are run alone apart."""
        return [self.folder / "t" / name for name in ("report.xml", "alone.xml")]

    def _cases(self) -> Iterator[ElementTree.Element]:
        for report in self.reports:
            # Written by pytest a moment ago, on this machine.
            yield from ElementTree.parse(report).iter("testcase")  # noqa: S314

    def lay_out(self, source: Path, project: Path, *, replaces: bool) -> None:
        """Copy the checkout, make the environment, and put our program in PgBouncer's place."""
        shutil.copytree(source, self.source, symlinks=True, ignore=shutil.ignore_patterns(".git"))
        (self.folder / "t").mkdir()
        packages = [*PACKAGES, *_imports(project)] if replaces else PACKAGES
        run([_readable_python(), "-m", "venv", self.folder / "python"], awaited="venv")
        pip: list[str | Path] = [
            self.python,
            "-m",
            "pip",
            "install",
            "-q",
            "--disable-pip-version-check",
        ]
        run([*pip, *packages], awaited="pip install")
        if replaces:
            shutil.copytree(
                project / "src" / "forebay", self.folder / "project" / "forebay", symlinks=False
            )
            self._allow_slow_starts()
            # As an installed package is: otherwise the first starts compile it, all at once.
            place = self.folder / "project"
            run([self.python, "-m", "compileall", "-q", str(place)], awaited="compileall")
            program = self.source / PROGRAM
            program.unlink(missing_ok=True)
            command = f'exec {self.python} -m forebay.cli.pgbouncer "$@"'
            program.write_text(f"#!/bin/sh\nPYTHONPATH={self.folder}/project {command}\n")
            program.chmod(0o755)
        everything = [path for path in self.folder.rglob("*") if not path.is_symlink()]
        give_to(self.user, self.folder, *everything)

    def _allow_slow_starts(self) -> None:
        """Have tests wait longer than five seconds for a pooler to start.

        On a machine that starts eight at once Python's imports alone can take that long, and what
        is to be read is what a pooler does once it runs.
        """
        utilities = self.source / "test" / "utils.py"
        text = utilities.read_text()
        if _TRIES not in text:
            raise BenchError(f"{utilities} does not wait as it did: {_TRIES!r} is not there")
        utilities.write_text(text.replace(_TRIES, "tries > 300"))

    def leave_out_refused(self) -> list[str]:
        """Take out of the settings that tests begin with the lines that are refused; name them."""
        return [name for settings in SETTINGS for name in self._leave_out(self.source / settings)]

    def _leave_out(self, settings: Path) -> list[str]:
        command = [str(self.python), "-m", "forebay", "config", "check", str(settings)]
        checked = subprocess.run(
            command,
            capture_output=True,
            text=True,
            env=clean_environment({"PYTHONPATH": str(self.folder / "project")}),
            # Relative paths in it, as that of the users' file, begin there.
            cwd=settings.parent,
            check=False,
        )
        numbers = sorted({int(number) for number in _LINE.findall(checked.stdout + checked.stderr)})
        lines = settings.read_text().splitlines()
        refused = [lines[number - 1] for number in numbers]
        for number in numbers:
            lines[number - 1] = f"; {lines[number - 1]}"
        settings.write_text("\n".join(lines) + "\n")
        return [line.partition("=")[0].strip() for line in refused]

    def run(self, binaries: Path) -> None:
        """Run the tests to their end, or to the limit."""
        whole, alone = self.reports
        # What is deselected is named from the checkout on; what is run must be named whole, or
        # pytest-xdist's processes find nothing.
        self._run(
            binaries, whole, [*(f"--deselect={name}" for name in ALONE), str(self.source / "test")]
        )
        self._run(binaries, alone, [str(self.source / name) for name in ALONE])

    def _run(self, binaries: Path, report: Path, tests: list[str]) -> None:
        path = f"{binaries}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
        environment = {
            "PATH": path,
            "HOME": str(self.folder / "t"),
            "TMPDIR": str(self.folder / "t"),
            "HAVE_IPV6_LOCALHOST": "1",
            "LC_ALL": "C.UTF-8",
            "USER": self.user or os.environ.get("USER", ""),
        }
        given = [f"{name}={value}" for name, value in environment.items()]
        pytest: list[str | Path] = [self.python, "-m", "pytest", "-p", "no:cacheprovider", "-q"]
        # By thread: a test that is late ends its process, which is replaced. The other way raises
        # an exception wherever the test is, and with it pytest-xdist may give up the whole run.
        pytest += ["-n", str(PROCESSES), "--timeout", str(TEST_SECONDS)]
        pytest += ["--timeout-method", "thread"]
        pytest += ["-o", "addopts=--import-mode=prepend --tb=line"]
        pytest += ["-o", "asyncio_default_fixture_loop_scope=function"]
        # Short: the tests' unix sockets are four folders below, and may have 107 bytes.
        pytest += [f"--basetemp={self.folder / 't' / report.stem[0]}"]
        pytest += [f"--junitxml={report}", *tests]
        with Child(
            ["env", "-i", *given, *pytest],
            log=self.folder / f"{report.stem}.log",
            user=self.user,
            ending=signal.SIGINT,
            directory=self.source,
        ) as running:
            wait_until(lambda: not running.is_running(), LONGEST_RUN, "PgBouncer's tests to end")
        if not report.exists():
            raise BenchError(f"PgBouncer's tests did not run: {running.last_words()}")

    def counts(self) -> dict[str, Counter[str]]:
        """Count, for each file, how its tests came out."""
        counts: dict[str, Counter[str]] = {}
        for case in self._cases():
            name = case.get("classname", "").rpartition("test.")[2].partition(".")[0]
            outcome = next(
                (kind for kind in ("error", "failure", "skipped") if case.find(kind) is not None),
                "passed",
            )
            counts.setdefault(name, Counter())[outcome] += 1
        return counts

    def reasons(self) -> dict[str, str]:
        """Say of each test that did not pass why, in the first words of its failure."""
        found: dict[str, str] = {}
        for case in self._cases():
            for failure in [*case.findall("error"), *case.findall("failure")]:
                words = _PLACE.sub("…", failure.get("message", "").splitlines()[0])
                found[f"{case.get('classname')}::{case.get('name')}"] = words[:150]
        return found

    def end_leftovers(self) -> None:
        """End what tests that were cut short have left running: it names this folder."""
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit() or int(entry.name) == os.getpid():
                continue
            with suppress(OSError):
                command = (entry / "cmdline").read_bytes().decode(errors="replace")
                if str(self.folder) in command:
                    os.kill(int(entry.name), signal.SIGKILL)
        # A server that was killed leaves its socket, which keeps another account's from starting.
        for lock in Path("/tmp").glob(".s.PGSQL.*.lock"):  # noqa: S108 (PostgreSQL's choice)
            with suppress(OSError, ValueError, IndexError):
                process, data = lock.read_text().splitlines()[:2]
                if data.startswith(str(self.folder)) and not Path("/proc", process).exists():
                    lock.with_suffix("").unlink(missing_ok=True)
                    lock.unlink()


def _imports(project: Path) -> list[str]:
    """Name what ``forebay-pgbouncer`` imports, psycopg excepted, which the tests pin."""
    read = tomllib.loads((project / "pyproject.toml").read_text())
    extras: dict[str, list[str]] = read["project"]["optional-dependencies"]
    found: list[str] = []
    waiting = ["gateway"]
    while waiting:
        for requirement in extras[waiting.pop()]:
            # One of our own extras, of which an index knows nothing.
            if named := _OWN_EXTRA.fullmatch(requirement):
                waiting += named[1].split(",")
            elif not requirement.startswith("psycopg"):
                found.append(requirement)
    return found


def _readable_python() -> Path:
    for candidate in ("python3", "/usr/bin/python3"):
        found = shutil.which(candidate)
        if found is None:
            continue
        asked = [found, "-c", "import sys; print(sys.base_prefix)"]
        with suppress(BenchError):
            prefix = Path(run(asked, awaited=candidate).strip())
            if unprivileged_user() is None or is_reachable_by_others(prefix):
                return Path(found)
    raise BenchError(
        "no Python that an unprivileged account can run", hint="install Debian's python3-venv"
    )


def _binaries() -> Path:
    found = sorted(DEBIAN.glob("*/bin"), key=lambda path: int(path.parent.name))
    return found[-1] if found else find_binaries()


def _source() -> Path:
    named = os.environ.get("PGBOUNCER_SOURCE")
    hint = "set PGBOUNCER_SOURCE to a checkout of PgBouncer that has been built"
    if not named:
        raise BenchError("no tests of PgBouncer to run", hint=hint)
    source = Path(named).resolve()
    for part in ("config.mak", "test/conftest.py", PROGRAM):
        if not (source / part).exists():
            raise BenchError(f"{source} has no {part}", hint=hint)
    return source


def _finding(name: str, count: Counter[str]) -> Finding:
    total = sum(count.values())
    failed, errors = count["failure"], count["error"]
    measured = f"{count['passed']} passed, {failed} failed, {errors} errors"
    if count["skipped"]:
        measured += f", {count['skipped']} skipped"
    return Finding(name, f"{total} tests", measured, failed + errors == 0, dict(count))


@proof("pgbouncer-suite", "PgBouncer's own tests accept the drop-in", minutes=10, optional=True)
def pgbouncer_suite(context: Context) -> list[Finding]:
    """Run the tests, and report them file by file."""
    source = _source()
    for program in NEEDS_PROGRAMS:
        find_tool(program, f"PgBouncer's tests use it: install Debian's {program}")
    # Short, because unix sockets are made in it.
    folder = Path(tempfile.mkdtemp(prefix="fbs-"))
    folder.chmod(0o755)
    suite = Suite(folder, unprivileged_user())
    try:
        context.say("making an environment for PgBouncer's tests")
        suite.lay_out(source, context.project, replaces=context.pooler != "pgbouncer")
        left_out = suite.leave_out_refused() if os.environ.get(LENIENT) else []
        context.say("running PgBouncer's tests")
        suite.run(_binaries())
        counts, reasons = suite.counts(), suite.reasons()
    finally:
        suite.end_leftovers()
        shutil.rmtree(folder, ignore_errors=True)
    if not counts:
        raise BenchError("pytest found none of PgBouncer's tests")
    whole: Counter[str] = Counter()
    for count in counts.values():
        whole.update(count)
    left = Finding(
        f"settings left out ({LENIENT})", "none", ", ".join(left_out) or "none", not left_out
    )
    return [
        left,
        *(_finding(name, counts[name]) for name in sorted(counts)),
        replace(_finding("all of them", whole), detail={"reasons": reasons}),
    ]
