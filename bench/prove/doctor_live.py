"""A live PostgreSQL with every trouble planted at once, named by `forebay doctor --database`.

Before and after that nothing is found; in between each trouble is named with its process or object,
and what is pasted is what the findings themselves give. The embedded PostgreSQL is looked at, and
the system's older one.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg

from bench.database import NAME as NAME_OF_BENCH
from bench.database import ROLE
from bench.errors import BenchError
from bench.pooler.contestants import PROJECT, make_contestant
from bench.processes import clean_environment, wait_until
from bench.prove.registry import Context, Finding, proof
from tests.doctor.live.troubles import TROUBLES, Trouble
from tests.doctor.live.world import NAME, OWNER, STRANGER, World, running_world
from tests.support.encrypted import tls_binaries

# What stands in the way of others goes first: an index is not built past an old transaction.
_SESSIONS = ("FD905", "FD906", "FD907", "FD917")
# A little more than a transaction may be old, and a crowd may rest.
_AGE = 31

Said = list[dict[str, Any]]


def _doctor(world: World, *options: str, role: str = "watcher", url: str | None = None) -> Said:
    """Run the command as a user does, in an empty folder; return its findings."""
    command = [sys.executable, "-m", "forebay", "doctor", "--select", "FD9", "--json"]
    command += ["--database-env", "SHOP_URL", *options]
    variables = {"SHOP_URL": url or world.url(role).text(), "PYTHONPATH": str(PROJECT / "src")}
    with tempfile.TemporaryDirectory(prefix="forebay-doctor-") as folder:
        done = subprocess.run(
            command,
            cwd=folder,
            env=clean_environment(variables),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
    if done.returncode not in (0, 1) or "Traceback" in done.stderr:
        raise BenchError(f"forebay doctor failed: {done.stderr.strip()[-300:]}")
    if "not answered" in done.stderr and "nobody was let in" not in done.stderr:
        raise BenchError(f"forebay doctor was not answered: {done.stderr.strip()[-300:]}")
    found: Said = json.loads(done.stdout)["findings"]
    return found


def _named(found: Said, trouble: Trouble, subject: str) -> dict[str, Any] | None:
    for one in found:
        if one["code"] == trouble.code and one["subject"] == subject:
            return one if re.search(trouble.words, one["message"]) else None
    return None


def _statements(one: dict[str, Any]) -> list[str]:
    return [line for line in str(one["help"]).splitlines() if line.endswith(";")]


def _plant(world: World) -> dict[str, tuple[Trouble, str]]:
    """Plant all troubles: those of tables first, since those of sessions lock tables."""
    planted = {}
    later = [one for one in TROUBLES if one.code in _SESSIONS]
    for trouble in [one for one in TROUBLES if one not in later] + later:
        planted[trouble.plant.__name__] = (trouble, trouble.plant(world))
    young = (
        f"xact_start > now() - interval '{_AGE} s' and datname = '{NAME}'"
        " and application_name in ('report', 'checkout')"
    )
    wait_until(
        lambda: not world.run(f"select 1 from pg_stat_activity where {young}"), _AGE * 2, "age"
    )
    prepared = f"select 1 from pg_prepared_xacts where prepared > now() - interval '{_AGE} s'"
    wait_until(lambda: not world.run(prepared), _AGE * 2, "a prepared transaction's age")
    return planted


def _paste(world: World, found: Said) -> list[str]:
    """Paste every fix, and return what PostgreSQL refused of it."""
    refused = []
    for one in sorted(found, key=lambda one: one["code"] not in _SESSIONS):
        for statement in _statements(one):
            try:
                world.run(statement)
            except psycopg.Error as error:
                refused.append(f"{one['code']}: {str(error).splitlines()[0]}")
    return refused


def _short(found: Said) -> str:
    return ", ".join(f"{one['code']} {one['subject']}" for one in found) or "nothing"


def _all_at_once(world: World, version: str, context: Context) -> Iterator[Finding]:
    healthy = _doctor(world)
    yield Finding(
        f"PostgreSQL {version}: a healthy database, whose applications are connected",
        "nothing is found",
        _short(healthy),
        not healthy,
    )
    context.say(f"PostgreSQL {version}: {len(TROUBLES)} troubles are planted")
    planted = _plant(world)
    found = _doctor(world)
    missed = [
        f"{trouble.code} {subject}"
        for trouble, subject in planted.values()
        if _named(found, trouble, subject) is None
    ]
    fixless = [one["code"] for one in found if not _statements(one)]
    yield Finding(
        f"PostgreSQL {version}: {len(planted)} troubles planted at once, each named with its pid or"
        " object",
        f"{len(planted)} of {len(planted)}",
        f"{len(planted) - len(missed)} of {len(planted)}"
        + (f"; missed {', '.join(missed)}" if missed else ""),
        not missed,
        {"found": found},
    )
    yield Finding(
        f"PostgreSQL {version}: each of the {len(found)} findings gives a statement to paste",
        "all of them",
        ", ".join(fixless) or "all of them",
        not fixless,
    )
    for trouble, _ in planted.values():
        trouble.ready(world)
    refused = _paste(world, found)
    wait_until(lambda: not _doctor(world), 60, f"the end of {_short(_doctor(world))}")
    after = _doctor(world)
    yield Finding(
        f"PostgreSQL {version}: after the statements were pasted",
        "nothing is found, none was refused",
        f"{_short(after)}{'; ' + '; '.join(refused) if refused else ''}",
        not after and not refused,
    )
    world.close()


def _full(world: World, version: str) -> Iterator[Finding]:
    """Fill the server, until it refuses, and look from the last slots and past them."""
    for _ in range(90):
        world.connect(autocommit=True).execute("select 1")
    (near,) = [one for one in _doctor(world) if one["code"] == "FD904"]
    pids = [str(row[0]) for row in world.run("select pid from pg_stat_activity where state='idle'")]
    is_named = any(pid in note["text"] for pid in pids for note in near["notes"])
    yield Finding(
        f"PostgreSQL {version}: 90 of 97 connections are taken",
        "FD904, with who holds them",
        near["message"],
        near["subject"] == "max_connections" and is_named,
    )
    try:
        while True:
            world.connect(autocommit=True)
    except psycopg.OperationalError:
        pass
    found = _doctor(world)
    yield Finding(
        f"PostgreSQL {version}: the server is full, and lets the doctor in no more",
        "FD904 all the same",
        _short(found),
        [one["code"] for one in found] == ["FD904"],
    )
    world.close()


def _others(world: World, version: str) -> Iterator[Finding]:
    """Show the rules that need more than a session: a plan, and a role with fewer rights."""
    plan = ("--instances", "20", "--workers", "4", "--pool-size", "2")
    budget, small = _doctor(world, *plan), _doctor(world, *plan[:2], "--pool-size", "2")
    yield Finding(
        f"PostgreSQL {version}: 20 instances * 4 workers * 2 connections, and without the workers",
        "FD902, and nothing",
        f"{_short(budget)}; {_short(small)}",
        [one["code"] for one in budget] == ["FD902"] and not small,
    )
    world.connect(autocommit=True).execute("select 1")
    stranger = _doctor(world, role=STRANGER)
    yield Finding(
        f"PostgreSQL {version}: a role without rights says what it did not see",
        "FD901 with GRANT pg_monitor",
        _short(stranger),
        [one["code"] for one in stranger] == ["FD901"] and "pg_monitor" in stranger[0]["help"],
    )
    world.close()


def _pooled(world: World, version: str) -> Iterator[Finding]:
    """Look at the server's other database directly and through poolers, which must not differ."""
    world.server.ask("create table keyless (what text)")
    world.server.ask(f"alter table keyless owner to {ROLE}")
    found = {"directly": _through(world, world.server.port)}
    for name in ("pgbouncer", "forebay"):
        with make_contestant(name).start(world.server, "tcp") as running:
            found[name] = _through(world, running.port)
    shown = {way: _short(said) for way, said in found.items()}
    yield Finding(
        f"PostgreSQL {version}: the same is found directly, through PgBouncer and through Forebay",
        "FD912 and FD916, three times",
        "; ".join(f"{way}: {said}" for way, said in shown.items()),
        len(set(shown.values())) == 1
        and [one["code"] for one in found["directly"]] == ["FD912", "FD916"],
    )


def _through(world: World, port: int) -> Said:
    return _doctor(world, url=f"postgresql://{ROLE}@127.0.0.1:{port}/{NAME_OF_BENCH}")


def _statement(world: World, version: str) -> Iterator[Finding]:
    for _ in range(20):
        world.run("select pg_sleep(0.06) from customers where id = 4", OWNER)
    found = _doctor(world)
    yield Finding(
        f"PostgreSQL {version}: a statement of 60 ms, 20 times, with pg_stat_statements",
        "FD920",
        _short(found),
        [one["code"] for one in found] == ["FD920"],
    )


def _wraparound(world: World, version: str) -> Iterator[Finding]:
    with world.connect() as one:
        one.execute("update customers set name = 'held' where id = 1")
        one.execute("prepare transaction 'holder'")
    world.close()
    world.skip_to(500_000_000)
    found = [one for one in _doctor(world) if one["code"] == "FD915"]
    here = [one for one in found if one["subject"] == f"database {NAME}"]
    holder = any("holder" in note["text"] for one in here for note in one["notes"])
    yield Finding(
        f"PostgreSQL {version}: half a billion transactions behind an unfinished one",
        "FD915, with what holds it back",
        here[0]["message"] if here else _short(found),
        holder,
    )


def _prove(binaries: Path | None, context: Context) -> list[Finding]:
    findings: list[Finding] = []
    with running_world(binaries) as world:
        version = str(world.run("show server_version")[0][0]).split()[0]
        findings += _all_at_once(world, version, context)
        findings += _others(world, version)
        findings += _pooled(world, version)
        context.say(f"PostgreSQL {version}: the server is filled")
        findings += _full(world, version)
        if binaries is not None:
            findings += _statement(world, version)
        findings += _wraparound(world, version)
    return findings


@proof(
    "doctor-live",
    "Planted troubles of a live PostgreSQL are named, and the pasted fixes make them vanish",
    minutes=4,
)
def doctor_live(context: Context) -> list[Finding]:
    """Plant, look, paste, look again; on both versions that there are."""
    os.environ.pop("DATABASE_URL", None)
    return [*_prove(None, context), *_prove(tls_binaries(), context)]
