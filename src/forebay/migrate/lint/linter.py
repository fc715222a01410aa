"""Lints scripts: reads them, walks through them, asks the rules, and weighs what they found."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace

from forebay.migrate.lint import rules as _all
from forebay.migrate.lint.bodies import inner
from forebay.migrate.lint.facts import Facts, Size
from forebay.migrate.lint.ignore import Remark, remarks
from forebay.migrate.lint.locks import locks
from forebay.migrate.lint.modes import Lock, Mode
from forebay.migrate.lint.parse import Script, Statement, parse
from forebay.migrate.lint.registry import (
    NEWEST,
    RULES,
    Found,
    Look,
    Rule,
    Severity,
    find_rule,
    no_rule,
    rules_for,
)
from forebay.migrate.lint.rules.reading import NO_REASON, SYNTAX, UNREAD, UNUSED
from forebay.migrate.lint.running import RULES as OF_CLIENTS
from forebay.migrate.lint.running import UNKNOWN, Running
from forebay.migrate.lint.running import said as said_of_clients
from forebay.migrate.lint.story import Story
from forebay.migrate.lint.transactions import Place, Sending, places
from forebay.migrate.lint.tree import named

assert _all.__all__  # noqa: S101 - the rules register themselves when they are imported


_ROWS = frozenset({"insert_stmt", "update_stmt", "delete_stmt", "select_stmt", "copy_stmt"})
_OF_TABLES = frozenset({"create_stmt", "alter_table_stmt", "index_stmt"})
# What is found of a statement because nothing behind it says otherwise: nobody knows what the part
# of a script would say that was not read.
_AHEAD = frozenset({"FM004", "FM402", "FM601"})


@dataclass(frozen=True)
class Finding:
    """What a rule found: where, how bad it is here, which locks are taken, what to do instead."""

    rule: Rule
    level: Severity
    message: str
    offset: int
    end: int
    locks: Sequence[Lock] = ()
    sizes: Sequence[tuple[str, Size]] = ()
    notes: Sequence[str] = ()
    fix: Sequence[str] = ()


@dataclass(frozen=True)
class Taken:
    """A statement, the locks that it takes, and how many behind it are like it."""

    statement: Statement
    locks: Sequence[Lock]
    sizes: Sequence[tuple[str, Size]]
    more: int = 0


@dataclass(frozen=True)
class Report:
    """What was found in a script, the worst of it, and what was to be ignored."""

    name: str
    script: Script
    findings: Sequence[Finding]
    statements: Sequence[Taken] = ()
    ignored: int = 0

    @property
    def worst(self) -> Severity | None:
        """The highest level among the findings."""
        return max((one.level for one in self.findings), default=None)


@dataclass(frozen=True)
class Options:
    """How to lint: how scripts are sent, for which version, and which rules.

    Where ``select`` names rules, no others are asked; ``extend`` names opt-in rules to ask as well.
    That a script cannot be read is said whatever is selected.
    """

    sending: Sending = "deployed"
    version: int | None = None
    select: frozenset[str] = frozenset()
    ignore: frozenset[str] = frozenset()
    extend: frozenset[str] = frozenset()

    def is_on(self, rule: Rule) -> bool:
        """Say whether a rule is asked; opt-in rules are when they are named."""
        if rule.code in self.ignore:
            return False
        if rule.code in self.extend or rule is SYNTAX:
            return True
        return rule.code in self.select if self.select else not rule.is_opt_in


def codes(names: Sequence[str]) -> frozenset[str]:
    """Return the codes of rules that somebody named, one by one or with commas between.

    A name is a code, the beginning of one, or a word; ``all`` names every rule.

    Raises:
        ConfigurationError: no rule has such a name.
    """
    found = set()
    for name in (part for one in names for part in one.replace(",", " ").split()):
        if name.lower() == "all":
            found |= set(RULES)
            continue
        known = [
            one
            for one in RULES.values()
            if name.lower() in one.names or one.code.startswith(name.upper())
        ]
        if not known:
            raise no_rule(name)
        found |= {one.code for one in known}
    return frozenset(found)


@dataclass
class Linter:
    """Lints scripts one after the other; what is known of the first is known of the second.

    ``is_continued`` says that they run one right after the other, so that a table which the first
    makes is nobody's yet in the second.
    """

    options: Options = field(default_factory=Options)
    facts: Facts = field(default_factory=Facts)
    is_continued: bool = False
    running: Running = UNKNOWN

    def __post_init__(self) -> None:
        """Begin a story."""
        self._story = Story(self.facts)
        known = self.options.version or self.facts.version
        self._version = known or NEWEST
        self._is_known = known is not None

    def lint(self, name: str, text: str, sending: Sending | None = None) -> Report:
        """Lint a script; nothing that PostgreSQL's grammar takes makes it fail."""
        script = parse(text)
        said = remarks(script)
        self._story.begin(is_continued=self.is_continued)
        found = [*_problems(script)]
        taken: list[Taken] = []
        walked = _walked(script, sending or self.options.sending, self._version)
        statements = [one for one, _ in walked]
        # Rules look at the rest of a script for what it makes: its rows are not that.
        around = [(one, place) for one, place in walked if one.kind not in _ROWS]
        others, where = [one for one, _ in around], [place for _, place in around]
        of_tables = _of_tables(others)
        for statement, place in walked:
            took = self._locks(statement)
            look = Look(
                statement,
                place,
                self._story,
                self.facts,
                took,
                self._version,
                self._is_known,
                others,
                where,
                of_tables,
            )
            more = script.rows.get(statement.start, 0)
            taken.append(Taken(statement, took, self._all_sizes(took), more))
            found += self._asked(look)
            self._story.take(statement, place, took)
        found += self._of_the_client(name, statements)
        kept, ignored = _without_ignored(found, said, statements)
        unasked = () if self.running.is_known else OF_CLIENTS.values()
        cut = len(text) if script.cut is None else script.cut
        kept += _of_remarks([one for one in said if one.offset < cut], self.options, unasked)
        if script.cut is not None or script.has_gaps:
            kept = [one for one in kept if one.rule.code not in _AHEAD]
        kept = [one for one in kept if self.options.is_on(one.rule)]
        kept.sort(key=lambda one: (one.offset, -one.level, one.rule.code))
        return Report(name, script, kept, taken, ignored)

    def _of_the_client(self, name: str, statements: Sequence[Statement]) -> Iterator[Finding]:
        for one in said_of_clients(self.running, name, statements):
            start, end = 0, 1
            if one.statement is not None:
                start, end = one.statement.start, one.statement.end
            yield Finding(one.rule, one.level, one.message, start, end, notes=one.notes)

    def _locks(self, statement: Statement) -> tuple[Lock, ...]:
        return locks(statement, self._story)

    def _sizes(self, names: Iterator[object]) -> list[tuple[str, Size]]:
        if not self.facts.is_there:
            return []
        found = []
        for name in names:
            size = self.facts.size(name)  # type: ignore[arg-type]
            if size is not None:
                found.append((str(name), size))
        return found

    def _all_sizes(self, took: Sequence[Lock]) -> list[tuple[str, Size]]:
        """Return the sizes of what is locked, those of partitions by PostgreSQL's estimate."""
        found = self._sizes(one.relation for one in took if one.part_of is None)
        for whole in dict.fromkeys(one.part_of for one in took if one.part_of is not None):
            sizes = self.facts.part_sizes(whole)
            found += [
                (str(one.relation), sizes[one.relation])
                for one in took
                if one.part_of == whole and one.relation in sizes
            ]
        return found

    def _asked(self, look: Look) -> Iterator[Finding]:
        statement = look.statement
        if statement.node is None:
            yield _finding(UNREAD, Found("nobody can read this before it runs"), statement, ())
            return
        for rule in rules_for(statement.kind):
            if rule.check is None or not self.options.is_on(rule):
                continue
            for found in rule.check(look):
                yield self._weighed(rule, found, look)

    def _weighed(self, rule: Rule, found: Found, look: Look) -> Finding:
        """Say less of what is over in a moment because a table is small."""
        sizes = self._sizes(iter(found.tables))
        blocking = [one for one in look.locks if one.mode >= Mode.SHARE_UPDATE_EXCLUSIVE]
        blocking = [one for one in blocking if not look.story.is_new(one.relation)]
        level = found.level or rule.level
        notes = [found.note] if found.note else []
        is_known = bool(sizes) and len(sizes) == len(found.tables)
        if rule.danger == "lock" and is_known and all(size.is_small for _, size in sizes):
            if found.level is None:
                level = Severity.NOTE
                notes.append("over in a moment, as small as it is here")
        if rule.danger == "habit":
            blocking = []
        if not sizes:
            sizes = self._sizes(lock.relation for lock in blocking if lock.part_of is None)
        return _finding(rule, found, look.statement, blocking, level, sizes, notes)


def _finding(
    rule: Rule,
    found: Found,
    statement: Statement,
    blocking: Sequence[Lock],
    level: Severity | None = None,
    sizes: Sequence[tuple[str, Size]] = (),
    notes: Sequence[str] = (),
) -> Finding:
    offset = statement.place(found.at) if found.at else statement.start
    return Finding(
        rule,
        level or found.level or rule.level,
        found.message,
        min(max(offset, statement.start), max(statement.end - 1, statement.start)),
        statement.end,
        tuple(blocking),
        tuple(sizes),
        tuple(notes),
        tuple(found.fix),
    )


def _walked(script: Script, sending: Sending, version: int) -> list[tuple[Statement, Place]]:
    """Return the statements in the order in which they run, those of DO blocks among them."""
    walked = []
    where = places(script.statements, sending, version)
    for statement, place in zip(script.statements, where, strict=True):
        walked.append((statement, place))
        inside = replace(place, is_in_block=True)
        walked += [(one, inside) for one in inner(statement)]
    return walked


def _of_tables(statements: Sequence[Statement]) -> dict[tuple[str, str], list[Statement]]:
    """Return the statements that make a table, change it or give it an index, by the table."""
    found: dict[tuple[str, str], list[Statement]] = {}
    for one in statements:
        if one.kind in _OF_TABLES:
            name = named(getattr(one.node, one.kind).relation)
            found.setdefault(name.key, []).append(one)
    return found


def _problems(script: Script) -> Iterator[Finding]:
    for one in script.problems:
        notes = (one.hint,) if one.hint else ()
        end = script.text.find("\n", one.offset)
        end = len(script.text) if end < 0 else end
        yield Finding(SYNTAX, SYNTAX.level, one.message, one.offset, end, notes=notes)


def _without_ignored(
    found: Sequence[Finding], said: Sequence[Remark], statements: Sequence[Statement]
) -> tuple[list[Finding], int]:
    """Return the findings that no remark is about, and how many there were of the others."""
    if not said:
        return list(found), 0
    kept = []
    # A DO block's statements come behind it, and are the innermost around a place.
    in_order = sorted(statements, key=lambda one: one.start)
    starts = [one.start for one in in_order]
    for one in found:
        about = _around(one.offset, in_order, starts)
        covering = [remark for remark in said if remark.covers(one.rule, about)]
        for remark in covering:
            remark.used.add(one.rule.code)
        if not covering:
            kept.append(one)
    return kept, len(found) - len(kept)


def _around(offset: int, in_order: Sequence[Statement], starts: Sequence[int]) -> Statement | None:
    at = bisect_right(starts, offset) - 1
    while at >= 0 and in_order[at].end <= offset:
        at -= 1
    return in_order[at] if at >= 0 else None


def _of_remarks(
    said: Sequence[Remark], options: Options, unasked: Collection[Rule]
) -> Iterator[Finding]:
    for one in said:
        end = one.offset + one.length
        for name in one.unknown:
            yield Finding(NO_REASON, NO_REASON.level, f"no rule is called {name}", one.offset, end)
        if not one.is_sound:
            what = "no reason is given" if one.rules or one.unknown else "no rule is named"
            text = f"{what}: write `forebay: ignore[CODE] why`"
            yield Finding(NO_REASON, NO_REASON.level, text, one.offset, end)
            continue
        for rule in one.rules:
            if rule.code not in one.used and rule not in unasked and options.is_on(rule):
                text = f"there is no {rule.code} here to ignore"
                yield Finding(UNUSED, UNUSED.level, text, one.offset, end)


__all__ = ["Finding", "Linter", "Options", "Report", "Taken", "codes", "find_rule"]
