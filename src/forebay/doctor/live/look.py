"""Runs rules with a database beside a repository, or without one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from forebay.doctor.finding import Finding
from forebay.doctor.live.database import LiveDatabase, Patience, Plan, looking
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule
from forebay.doctor.run import Report, Reported, examine
from forebay.errors import ConnectionFailed
from forebay.postgres.url import PostgresUrl

if TYPE_CHECKING:
    import psycopg

_FULL = "FD904"
_REFUSED = "has no free connection"

Progress = Callable[[str, int, int], None]


def examine_live(
    rules: Sequence[Rule],
    repository: Repository | None,
    url: PostgresUrl,
    *,
    plan: Plan | None = None,
    patience: Patience | None = None,
    progress: Progress | None = None,
) -> tuple[Report, list[str]]:
    """Return what the rules find, and in words what PostgreSQL did not answer.

    Raises:
        ConnectionFailed: the database cannot be reached, for another reason than being full.
    """
    try:
        with looking(url, plan=plan, patience=patience) as database:
            guarded = [_guarded(rule) for rule in rules]
            return examine(guarded, repository, database, progress=progress), database.unanswered
    except ConnectionFailed as error:
        full = [rule for rule in rules if rule.code == _FULL]
        if _REFUSED not in error.message or not full:
            raise
        report = examine(rules, repository, progress=progress)
        report.found.insert(0, Reported(full[0], _no_place(error)))
        return report, ["the other rules about the database: nobody was let in"]


def _no_place(error: ConnectionFailed) -> Finding:
    return Finding(
        f"PostgreSQL refused this look as well: {error.message}",
        subject="max_connections",
        help="connect as a superuser, for whom slots are kept, and end the idle ones:\n"
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
        " WHERE state = 'idle' AND state_change < now() - interval '10 s';\n"
        "then `forebay advise` says which limits fit; GRANT pg_use_reserved_connections lets a"
        " role for looking in next time (from PostgreSQL 16 on)",
    )


def _guarded(rule: Rule) -> Rule:
    """Return the rule with a check that one refusal does not end."""
    check = rule.check_live
    if check is None:
        return rule

    def guarded(database: LiveDatabase) -> Iterable[Finding]:
        return _safely(rule, check, database)

    return replace(rule, check_live=guarded)


def _safely(
    rule: Rule, check: Callable[[LiveDatabase], Iterable[Finding]], database: LiveDatabase
) -> Iterator[Finding]:
    import psycopg

    try:
        yield from check(database)
    except psycopg.OperationalError as error:
        # A connection that is gone has no SQLSTATE; a statement that took too long has one.
        if error.sqlstate is None or error.sqlstate.startswith(("08", "57P")):
            raise
        database.unanswered.append(_words(rule, error))
    except psycopg.Error as error:
        database.unanswered.append(_words(rule, error))


def _words(rule: Rule, error: psycopg.Error) -> str:
    said = (str(error).splitlines() or ["no reason given"])[0]
    return f"{rule.code} ({rule.name}): {said}"
