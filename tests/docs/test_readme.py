"""The README's examples run as they stand, and print what the README says they print."""

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from forebay.errors import ConfigurationError
from forebay.postgres.binaries import find_binaries
from forebay.postgres.embedded import EmbeddedServer
from forebay.serve.load import make_settings, read_file
from forebay.serve.settings import Settings
from tests.docs.pages import README, ROOT, blocks, commands
from tests.running import RunningForebay, clean_environment, run_forebay, start_forebay

NODE_PACKAGES = ROOT / "tests" / "peers" / "node" / "node_modules"

# What is different on every machine and in every run, and how both sides of a comparison write it.
_VARIES = [
    (re.compile(r"127\.0\.0\.1:\d+"), "127.0.0.1:PORT"),
    (re.compile(r"port \d+"), "port PORT"),
    # For a terminal, which a test has none of.
    (re.compile(r"^export (?=DATABASE_URL=|DIRECT_URL=)", re.MULTILINE), ""),
    (re.compile(r"postgres:[0-9a-f]{32}@"), "postgres:PASSWORD@"),
    (re.compile(r"(?<=Embedded PostgreSQL in ).*"), "DIRECTORY"),
    (re.compile(r"pgbench \([\d.]+\)"), "pgbench (VERSION)"),
    (re.compile(r"(?<=connection for client )\d+"), "NUMBER"),
    # What `up` lets in without being asked gives way to the limit on open files.
    (re.compile(r"\d{4,} clients(?= over 20 server)"), "MANY clients"),
]


def _lines(text: str) -> list[str]:
    for pattern, name in _VARIES:
        text = pattern.sub(name, text)
    # psql pads its columns, and editors take white space at the end of a line away.
    return [line.rstrip() for line in text.strip().splitlines()]


# A line of the log that clients leave behind.
_LOGGED = re.compile(r"\d{4}-\d\d-\d\dT")


@dataclass(frozen=True)
class Place:
    """The clone a reader sits in: the environment as .venv, the files, and what is running."""

    folder: Path
    running: RunningForebay


@pytest.fixture(scope="module")
def place() -> Iterator[Place]:
    """What a reader has after `make up`, on a port that is free."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="forebay-readme-")))
        folder.chmod(0o755)  # PostgreSQL's account must reach it
        (folder / ".venv").symlink_to(sys.prefix)
        (folder / "node_modules").symlink_to(NODE_PACKAGES)
        for block in blocks(README):
            if block.kind == "file":
                (folder / block.name).write_text(block.text)
        log_path = folder / "forebay.log"
        running = start_forebay("--port", "0", log_path=log_path, cwd=folder)
        yield Place(folder, stack.enter_context(running))


def _said(running: RunningForebay) -> str:
    """What a terminal shows once it is up, without the log of the clients that came since."""
    head = [line for line in running.log.splitlines(keepends=True) if not _LOGGED.match(line)]
    return "".join(head) + running.output


def _example(kind: str) -> str:
    (command,) = [
        each for block in blocks(README) if block.kind == kind for each in commands(block.text)
    ]
    return command.output


def test_up_prints_what_it_says(place: Place) -> None:
    # The command is started by itself, so that it can be given a free port.
    assert "\n\t@exec $(BIN)/forebay up\n" in (ROOT / "Makefile").read_text()
    assert _lines(_said(place.running)) == _lines(_example("up"))


def test_the_session_prints_what_it_says(place: Place) -> None:
    assert (NODE_PACKAGES / "pg").is_dir(), f"run npm ci in {NODE_PACKAGES.parent}, or make test"
    session = [
        command
        for block in blocks(README)
        if block.kind == "session"
        for command in commands(block.text)
    ]
    assert len(session) >= 6
    end = "--- end of a command ---"
    script = "".join(f"{command.line}\necho '{end}'\n" for command in session)
    # The programs of the embedded server come first, so that a message is that of one version.
    path = f"{find_binaries()}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-c", script],  # noqa: S607  a reader's shell
        cwd=place.folder,
        env=clean_environment({**place.running.urls, "PATH": path, "LC_ALL": "C"}),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=120,
    )
    printed = done.stdout.split(f"{end}\n")
    assert printed.pop() == ""
    for command, output in zip(session, printed, strict=True):
        assert [command.line, *_lines(output)] == [command.line, *_lines(command.output)]


# A storm's figures and its curves are of the run; its words are not.
# Where nothing was served, there is a dash.
_FIGURE = re.compile(r"\d[\d.,]*(?:ms|%| ?s\b)?|(?<= )-(?= )")
_CURVE = "│▁▂▃▄▅▆▇█"


def _words(text: str) -> list[str]:
    """Return the lines of a storm without figures, curves, and how often each refusal came."""
    lines = [" ".join(_FIGURE.sub("N", line).split()) for line in text.splitlines()]
    return [
        line for line in lines if not any(each in line for each in _CURVE) and "times N" not in line
    ]


def test_the_storm_says_what_it_says() -> None:
    (storm,) = [
        each for block in blocks(README) if block.kind == "storm" for each in commands(block.text)
    ]
    program, _, arguments = storm.line.partition(" ")
    assert program == ".venv/bin/forebay"
    # The same strategies, smaller; how late storm was decides nothing about its words.
    smaller = ["--functions", "130", "--ramp", "0.8", "--hold", "0.5", "--max-lag", "20s"]
    done = run_forebay([*arguments.split(), *smaller])
    assert done.returncode == 0, done.stderr
    assert _words(done.stdout) == _words(storm.output)
    for text in (done.stdout, storm.output):
        assert re.search(r"direct, one each: [\d,]+ times 53300 (remaining conn|sorry, too)", text)


@pytest.fixture
def shop(embedded: EmbeddedServer) -> Iterator[None]:
    """The database and the user that the README's forebay.toml names."""
    with psycopg.connect(embedded.url.text(), autocommit=True) as connection:
        connection.execute("create role app login password 'change me'")
        connection.execute("create database shop owner app")
        yield
        connection.execute("drop database shop")
        connection.execute("drop role app")


def _settings() -> tuple[Path, str]:
    (text,) = [block.text for block in blocks(README) if block.name == "forebay.toml"]
    return Path("forebay.toml"), text


@pytest.mark.usefixtures("shop")
def test_the_settings_serve(embedded: EmbeddedServer, tmp_path: Path) -> None:
    name, text = _settings()
    (tmp_path / name).write_text(text.replace("port = 5432", f"port = {embedded.port}"))
    arguments = ("--config", str(name), "--port", "0")
    log_path = tmp_path / "forebay.log"
    with start_forebay(*arguments, log_path=log_path, cwd=tmp_path) as running:
        assert _lines(_said(running)) == _lines(_example("config"))
        assert running.answer(running.database_url) == 42


def test_a_misspelt_setting_is_found(tmp_path: Path) -> None:
    name, text = _settings()
    (tmp_path / name).write_text(text)
    settings = make_settings({}, read_file(tmp_path / name))
    assert set(settings.model_fields_set) <= set(Settings.model_fields)
    (tmp_path / name).write_text(text.replace("pool_size", "pool_sise"))
    with pytest.raises(ConfigurationError, match="unknown setting") as caught:
        make_settings({}, read_file(tmp_path / name))
    assert caught.value.hint == "did you mean pool_size?"
