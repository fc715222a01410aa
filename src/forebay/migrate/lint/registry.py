"""The list of rules: each with its code, its level, its page, and the function that looks.

A code never changes its meaning, and none is given out twice. Pages in docs/lint are written from
here, and a test holds the two together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any, Literal

from forebay.errors import ConfigurationError
from forebay.findings.severity import Severity as Severity
from forebay.migrate.lint.facts import Facts
from forebay.migrate.lint.modes import Lock, Mode
from forebay.migrate.lint.parse import Statement
from forebay.migrate.lint.story import Story
from forebay.migrate.lint.transactions import Place
from forebay.migrate.lint.tree import Name, named

# What the newest PostgreSQL is that the rules speak of.
NEWEST = 18


# What a rule is about: how long others wait, what is lost, what stops working, what fails, taste.
Danger = Literal["lock", "data", "clients", "fails", "habit"]


@dataclass(frozen=True, slots=True)
class Page:
    """What is told of a rule: in one line, why, what to do, and an example of each."""

    about: str
    why: str
    instead: str
    bad: str
    good: str = ""
    sends: str = "single"


@dataclass(frozen=True, slots=True)
class Found:
    """What a rule has found in a statement.

    ``at`` is a location of the tree; ``tables`` are those whose size says how bad it is; ``fix`` is
    SQL, a step an item.
    """

    message: str
    at: int = 0
    fix: Sequence[str] = ()
    tables: Sequence[Name] = ()
    level: Severity | None = None
    note: str = ""


@dataclass(frozen=True)
class Look:
    """What a rule looks at: a statement, where it runs, what was before it, what is known.

    ``script`` are the statements that make or change something, with their ``places``, and
    ``of_tables`` those of each table's own that do.
    """

    statement: Statement
    place: Place
    story: Story
    facts: Facts
    locks: Sequence[Lock]
    version: int
    is_version_known: bool
    script: Sequence[Statement] = ()
    places: Sequence[Place] = ()
    of_tables: Mapping[tuple[str, str], Sequence[Statement]] = field(default_factory=dict)

    @property
    def node(self) -> Any:
        """The statement's own tree."""
        return getattr(self.statement.node, self.statement.kind)

    @property
    def table(self) -> Name:
        """The relation that the statement is about."""
        return named(self.node.relation)

    @property
    def is_new(self) -> bool:
        """Whether the script made that relation."""
        return self.story.is_new(self.table)

    def surely(self, version: int) -> bool:
        """Say whether the server is known to be at least of a version."""
        return self.is_version_known and self.version >= version

    def commands(self, *kinds: int) -> Iterator[tuple[Any, Any]]:
        """Return what an ALTER TABLE does, with its definitions, of some kinds."""
        for one in self.node.cmds:
            command = one.alter_table_cmd
            if command.subtype in kinds:
                yield command, getattr(command, "def")

    def holds(self, mode: Mode) -> list[Name]:
        """Return the tables on which the transaction holds a lock as strong as this."""
        if self.place.transaction is None:
            return []
        held = self.story.held.get(self.place.transaction, {})
        return [one.relation for one in held.values() if one.mode >= mode]


Checker = Callable[[Look], Iterator[Found]]


@dataclass(frozen=True)
class Rule:
    """A rule of the list."""

    code: str
    name: str
    level: Severity
    danger: Danger
    page: Page
    check: Checker | None = None
    kinds: Sequence[str] = ()
    aliases: Sequence[str] = ()
    is_opt_in: bool = False

    @property
    def names(self) -> set[str]:
        """Everything that it may be called by."""
        return {self.code.lower(), self.name, *self.aliases}


RULES: dict[str, Rule] = {}
_BY_KIND: dict[str, list[Rule]] = {}


def rule(
    code: str,
    name: str,
    level: Severity,
    danger: Danger,
    page: Page,
    *,
    kinds: Sequence[str],
    aliases: Sequence[str] = (),
    is_opt_in: bool = False,
) -> Callable[[Checker], Checker]:
    """Register a function as the one that looks at statements of some kinds."""

    def register(check: Checker) -> Checker:
        _register(Rule(code, name, level, danger, page, check, kinds, aliases, is_opt_in))
        return check

    return register


def told(
    code: str,
    name: str,
    level: Severity,
    page: Page,
    *,
    danger: Danger = "fails",
    aliases: Sequence[str] = (),
) -> Rule:
    """Register a rule that needs no function: the linter itself finds it."""
    return _register(Rule(code, name, level, danger, page, aliases=aliases))


def _register(made: Rule) -> Rule:
    if made.code in RULES:
        raise ValueError(f"two rules are called {made.code}")
    RULES[made.code] = made
    for kind in made.kinds:
        _BY_KIND.setdefault(kind, []).append(made)
    return made


def rules_for(kind: str) -> Sequence[Rule]:
    """Return the rules that look at statements of a kind."""
    return _BY_KIND.get(kind, ())


def no_rule(name: str) -> ConfigurationError:
    """Return the refusal of a code or name that no rule has, with the nearest."""
    names = {each: one for one in RULES.values() for each in one.names}
    near = [names[each] for each in get_close_matches(name.lower(), names, 1)]
    said = [f"did you mean {one.code} ({one.name})?" for one in near]
    hint = said[0] if said else "`forebay migrate explain` lists them"
    return ConfigurationError(f"there is no rule {name}", hint=hint)


def find_rule(name: str) -> Rule | None:
    """Return a rule by its code or a name, of ours or of another linter's."""
    wanted = name.strip().lower()
    return next((one for one in RULES.values() if wanted in one.names), None)
