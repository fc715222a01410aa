"""A setting that the application sends at login, and PgBouncer refuses."""

from __future__ import annotations

import re
from collections.abc import Iterator

from forebay.doctor.finding import Finding, Note, Span
from forebay.doctor.repository.file import Role
from forebay.doctor.repository.poolers import Pooler
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule, Severity

# What PgBouncer itself keeps per client, or never minds.
_TRACKED = frozenset(
    {"client_encoding", "datestyle", "timezone", "standard_conforming_strings", "application_name"}
)
_PYTHON = re.compile(r"[\"']?server_settings[\"']?\s*[:=]\s*\{([^}]*)\}")
_NAME = re.compile(r"[\"'](\w+)[\"']\s*:")
# node-postgres sends these options of a pool when it logs in.
_NODE = re.compile(
    r"^\s*(statement_timeout|lock_timeout|idle_in_transaction_session_timeout)\s*:", re.MULTILINE
)


def check(repository: Repository) -> Iterator[Finding]:
    """Find names that code sends, and `ignore_startup_parameters` does not hold."""
    poolers = [one for one in repository.poolers if one.is_ini]
    if not poolers:
        return
    sent = dict(_sent(repository))
    for pooler in poolers:
        known = _TRACKED | {
            one.strip()
            for setting in ("ignore_startup_parameters", "track_extra_parameters")
            for one in pooler.text(setting, "").split(",")
        }
        missing = sorted(name for name in sent if name.lower() not in known)
        if missing:
            yield _finding(pooler, missing, sent)


def _finding(pooler: Pooler, missing: list[str], sent: dict[str, Span]) -> Finding:
    return Finding(
        f"the application sends {', '.join(missing)} when it logs in, and PgBouncer refuses "
        "what ignore_startup_parameters does not name",
        pooler.place("ignore_startup_parameters"),
        notes=tuple(Note(f"sends {name}", sent[name]) for name in missing),
    )


def _sent(repository: Repository) -> Iterator[tuple[str, Span]]:
    for file in repository.files:
        if file.suffix != ".py" or b"server_settings" not in file.data:
            continue
        if file.role in (Role.TEST, Role.EXAMPLE):
            continue
        for match in _PYTHON.finditer(file.text):
            for name in _NAME.finditer(match[1]):
                start = match.start(1) + name.start(1)
                yield name[1], file.span(start, start + len(name[1]))
    for script in repository.scripts:
        text = script.file.text
        if script.file.role in (Role.TEST, Role.EXAMPLE) or not script.imports_from("pg"):
            continue
        for match in _NODE.finditer(text):
            yield match[1], script.file.span(*match.span(1))


RULE = Rule(
    code="FD238",
    name="pgbouncer-startup-parameters",
    severity=Severity.ERROR,
    what="The application's driver sends a setting at login that PgBouncer does not take.",
    why="PgBouncer refuses the login with `unsupported startup parameter`. It passes a few "
    "settings "
    "on, and others only when it is told to ignore them.",
    fix="name it in `ignore_startup_parameters` (it then has no effect), and set it with "
    "`ALTER ROLE "
    "… SET` where the effect is wanted",
    language="ini",
    files={
        "app/db.py": "import asyncpg\n\n\nasync def connect(url):\n    return await "
        "asyncpg.create_pool"
        '(\n        url, server_settings={"jit": "off"}\n    )\n'
    },
    bad="[databases]\nshop = host=10.0.0.5\n\n[pgbouncer]\npool_mode = transaction\n",
    good="[databases]\nshop = host=10.0.0.5\n\n[pgbouncer]\npool_mode = transaction\n"
    "ignore_startup_parameters = jit, extra_float_digits\n",
    references=("https://www.pgbouncer.org/config.html",),
    check=check,
)
