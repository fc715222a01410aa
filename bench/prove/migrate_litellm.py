"""LiteLLM's migrations, as its package on PyPI holds them, beside Prisma's own engine."""

from __future__ import annotations

import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
import zipfile
from dataclasses import replace
from pathlib import Path

import psycopg

from bench.prove.registry import Context, Finding, proof
from forebay.migrate.commands.diff import Side, diff
from forebay.migrate.commands.project import open_project
from forebay.migrate.commands.resolve import mark_applied, mark_rolled_back
from forebay.migrate.commands.status import status
from forebay.postgres.embedded import start_ephemeral
from forebay.postgres.url import PostgresUrl
from tests.reference.migrate.schema_engine import SchemaEngine, datamodel, datasource
from tests.running import clean_environment

PACKAGE = "litellm-proxy-extras"
LEAST_MIGRATIONS = 213
AT_ONCE = 10
KILLS = 10


def _fetch(folder: Path) -> Path:
    """Bring the package, and return the folder with its schema and migrations."""
    subprocess.run(
        [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", folder, PACKAGE],
        check=True,
    )
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder / PACKAGE.replace("-", "_")


def _start(place: Path, url: PostgresUrl) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "forebay", "migrate", "deploy", "--lock-wait", "120"],
        cwd=place,
        env={**clean_environment(), "DATABASE_URL": url.text()},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def _deploy(place: Path, url: PostgresUrl) -> tuple[int, str]:
    running = _start(place, url)
    out, error = running.communicate(timeout=600)
    return running.returncode, out + error


class _Server:
    """Databases on one throw-away server."""

    def __init__(self, url: PostgresUrl) -> None:
        self._url = url

    def database(self, name: str) -> PostgresUrl:
        """Make an empty database."""
        with psycopg.connect(self._url.text(), autocommit=True) as administrator:
            administrator.execute(f'drop database if exists "{name}" with (force)'.encode())
            administrator.execute(f'create database "{name}"'.encode())
        return replace(self._url, database=name)


def _history(url: PostgresUrl) -> tuple[int, int]:
    """Return how many runs there were, and how many migrations came to their end once."""
    with psycopg.connect(url.text()) as connection:
        row = connection.execute(
            "select count(*), count(distinct migration_name) filter (where finished_at is not null)"
            " from _prisma_migrations"
        ).fetchone()
    return row or (0, 0)


def _same_as_prisma(place: Path, url: PostgresUrl) -> list[Finding]:
    # The engine knows no URL in a schema: it belongs to Prisma 7's configuration.
    text = re.sub(r"(?m)^ *url += env.*$", "", (place / "schema.prisma").read_text())
    files = (("schema.prisma", text),)
    schema = place / "bare.prisma"
    schema.write_text(text)
    findings = []
    with SchemaEngine(url.text()) as engine:
        for is_script in (True, False):
            theirs = engine.diff(datasource(files), datamodel(files), files, script=is_script)
            ours = diff(
                Side("url", url.text()),
                Side("datamodel", str(schema)),
                is_script=is_script,
                shadow=None,
            )
            what = "script" if is_script else "summary"
            same = ours.text == theirs
            findings.append(Finding(f"diff, {what}: equal", "yes", str(same), same))
    return findings


def _resolve(place: Path, url: PostgresUrl) -> None:
    """Do what an operator does after a kill: see whether the script's work is there, and say so.

    A script runs as one transaction: what it makes first is there, or nothing of it is.
    """
    project = open_project(Path("schema.prisma"), place, url)
    for name in status(project).failed:
        mark_rolled_back(project, name)
        code, said = _deploy(place, url)
        if code and "already exists" in said:
            mark_applied(project, name)


def _killed(context: Context, place: Path, url: PostgresUrl) -> Finding:
    chance = random.Random(1)  # noqa: S311 (when to kill is no secret)
    kills = 0
    while kills < KILLS:
        running = _start(place, url)
        time.sleep(chance.uniform(0.8, 2.0))
        if running.poll() is not None:
            running.communicate()
            break
        os.kill(running.pid, signal.SIGKILL)
        running.communicate()
        kills += 1
        _resolve(place, url)
    code, said = _deploy(place, url)
    context.say(f"killed {kills} times")
    return Finding(
        "killed half-way and resumed",
        "all applied",
        f"{kills} kills",
        code == 0,
        {"said": said[-400:]},
    )


@proof("migrate-litellm", "LiteLLM's migrations come to what Prisma says they do", minutes=3)
def migrate_litellm(context: Context) -> list[Finding]:
    """Deploy them to an empty database, twice, ten at once, and killed half-way."""
    with tempfile.TemporaryDirectory() as name, start_ephemeral() as server:
        place = _fetch(Path(name))
        databases = _Server(server.url)
        url = databases.database("once")
        code, said = _deploy(place, url)
        runs, ended = _history(url)
        findings = [
            Finding(
                "deployed to an empty database",
                f">= {LEAST_MIGRATIONS}",
                str(ended),
                code == 0 and ended >= LEAST_MIGRATIONS,
                {"said": said[-400:]},
            )
        ]
        code, said = _deploy(place, url)
        is_still = code == 0 and "No pending migrations" in said and _history(url) == (runs, ended)
        findings.append(Finding("a second time", "nothing to do", str(is_still), is_still))
        findings += _same_as_prisma(place, url)
        context.say(f"{AT_ONCE} at once")
        url = databases.database("together")
        running = [_start(place, url) for _ in range(AT_ONCE)]
        for one in running:
            one.communicate(timeout=900)
        codes = [one.returncode for one in running]
        together = _history(url)
        findings.append(
            Finding(
                f"{AT_ONCE} at once",
                "each once",
                f"{together[0]} runs",
                codes == [0] * AT_ONCE and together == (ended, ended),
                {"codes": codes},
            )
        )
        url = databases.database("killed")
        findings.append(_killed(context, place, url))
        findings += [
            replace(one, claim=f"{one.claim}, after kills") for one in _same_as_prisma(place, url)
        ]
    return findings
