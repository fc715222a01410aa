"""Finds the statement of a script that a running client's queries fail for, and says what fails."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from forebay.migrate.lint.parse import Statement
from forebay.migrate.lint.registry import Rule, Severity
from forebay.migrate.lint.rules.running import BEHAVES, FAILS, MAY_FAIL
from forebay.migrate.roll_out.breaks import Break
from forebay.migrate.roll_out.codes import REMEDIES
from forebay.schema.model import Model, RelationField, ScalarField, Schema

RULES: dict[str, Rule] = {"fails": FAILS, "may fail": MAY_FAIL, "behaves otherwise": BEHAVES}

_WORD = re.compile(r'"((?:[^"]|"")+)"|([A-Za-z_\x80-\uffff][\w$\x80-\uffff]*)')
_TOLD = re.compile(r"`([^`]+)`")
# What a table is altered, dropped or renamed by; and what a client's queries do not fail for.
_ALTERING = frozenset({"alter_table_stmt", "drop_stmt", "rename_stmt", "alter_enum_stmt"})
_IDLE = frozenset({"insert_stmt", "update_stmt", "delete_stmt", "select_stmt", "copy_stmt"})
_MOST_NAMED = 6


@dataclass(frozen=True, slots=True)
class Running:
    """The client that runs, as the linter knows it, and what scripts make of its queries.

    ``what`` says in words where it is from, None where it was not looked at; ``is_assumed`` that
    nobody named it; ``why_not`` why it was not looked at, with the next step. ``found`` are the
    breaks of each script by the script's name.
    """

    what: str | None = None
    is_assumed: bool = False
    why_not: str | None = None
    schema: Schema | None = None
    found: dict[str, list[Break]] = field(default_factory=dict)

    @property
    def is_known(self) -> bool:
        """Whether its queries were looked at."""
        return self.schema is not None

    def line(self) -> str:
        """Say in one line which client was looked at, or why none was."""
        if self.what is None:
            return f"the running client was not looked at: {self.why_not}"
        if self.is_assumed:
            return (
                f"the running client was taken to be made from {self.what}; --client or"
                " --client-revision names it"
            )
        return f"the running client is {self.what}"


UNKNOWN = Running(
    why_not="name it with --client PATH or --client-revision REVISION, and the queries of it that"
    " fail once the scripts have run are found"
)


@dataclass(frozen=True, slots=True)
class Said:
    """A break as the linter says it: by which rule, how bad, and of which statement, if of any."""

    rule: Rule
    level: Severity
    message: str
    statement: Statement | None
    notes: tuple[str, ...]


def said(running: Running, name: str, statements: Sequence[Statement]) -> Iterator[Said]:
    """Return what is to be said of a script; what nobody named is said more quietly."""
    if running.schema is None:
        return
    models = {one.name: one for one in running.schema.models}
    words = [(one, _words(one)) for one in statements if one.kind not in _IDLE]
    for one in running.found.get(name, ()):
        rule = RULES[one.level]
        level = rule.level
        if running.is_assumed:
            level = Severity(max(level - 1, Severity.NOTE))
        asked = _names(one, models.get(one.model))
        message = f"the running client: {one.text} [{one.code}]"
        yield Said(rule, level, message, _cause(asked, words), tuple(_notes(one)))


def _notes(one: Break) -> Iterator[str]:
    for what, names in (
        ("always", one.operations),
        ("if used", one.when_used),
        ("by way of", one.through),
    ):
        more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
        if names:
            yield f"{what}: {', '.join(names[:_MOST_NAMED])}{more}"
    yield f"{REMEDIES[one.code]}; `forebay migrate roll-out` prints the order that works"


def _words(statement: Statement) -> set[str]:
    """Return the names in a statement, as PostgreSQL understands them."""
    found = _WORD.findall(statement.text)
    return {quoted.replace('""', '"') if quoted else bare.lower() for quoted, bare in found}


def _names(one: Break, model: Model | None) -> list[str]:
    """Return what the database calls that which a break is about: the table first."""
    if model is None:
        return [one.model]
    names = [model.database_name]
    part = model.by_name.get(one.part) if one.part else None
    if isinstance(part, ScalarField):
        names.append(part.database_name)
        if part.enum is not None:
            names.append(part.enum.database_name)
    elif isinstance(part, RelationField):
        names.append(part.related_model.database_name)
        names += [field_.database_name for field_ in part.fields or ()]
        if part.relation is not None:
            names.append(f"_{part.relation.name}")
    elif one.part:
        names.append(one.part)
    # What the client does not know has a name in the sentence alone.
    told = (name.rpartition(".")[2] for name in _TOLD.findall(one.why))
    return [*names, *(name for name in told if name not in (*names, one.model, one.part))]


def _cause(names: Sequence[str], words: Sequence[tuple[Statement, set[str]]]) -> Statement | None:
    """Return the statement that has most to do with some names, the first of equals."""
    best, most = None, 0
    for statement, found in words:
        score = 0
        for place, name in enumerate(names):
            if name in found:
                score += 3 if place == 0 else 4
            elif any(name in one for one in found):
                score += 1
        if score and statement.kind in _ALTERING:
            score += 2
        if score > most:
            best, most = statement, score
    return best
