"""Writes down what the linter found: for people, for programs, for GitHub, as SARIF."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from forebay.findings import sarif
from forebay.findings.github import workflow_command
from forebay.findings.text import printable
from forebay.migrate.lint.facts import Size
from forebay.migrate.lint.linter import Finding, Report, Taken
from forebay.migrate.lint.modes import Lock, Mode
from forebay.migrate.lint.page import page
from forebay.migrate.lint.registry import Rule, Severity
from forebay.migrate.lint.running import UNKNOWN, Running
from forebay.migrate.lint.tree import Name

_COLOURS = {Severity.ERROR: "31;1", Severity.WARNING: "33;1", Severity.NOTE: "36;1"}
_BOLD, _BLUE = "1", "34;1"
# How much of a line is shown: a script may be one line of megabytes.
_WIDEST = 160
# How many partitions of a table are named.
_MOST_PARTS = 5
_MOST_LISTED = 20


class Writer:
    """Writes findings for people; ``has_colour`` where a terminal shows it."""

    def __init__(self, *, has_colour: bool = False) -> None:
        self._has_colour = has_colour

    def _paint(self, text: str, colour: str) -> str:
        return f"\x1b[{colour}m{text}\x1b[0m" if self._has_colour else text

    def finding(self, report: Report, one: Finding) -> str:
        """Return a finding with its line of the script, and what is to be done."""
        line, column = report.script.position(one.offset)
        width = len(str(line))
        edge = " " * width + " " + self._paint("|", _BLUE)
        head = self._paint(f"{one.level.label}[{one.rule.code}]", _COLOURS[one.level])
        lines = [
            f"{head}{self._paint(f': {_plain(one.message)}', _BOLD)}",
            f"{' ' * width}{self._paint('-->', _BLUE)} {_plain(report.name)}:{line}:{column}",
            edge,
        ]
        shown, at, length = _window(report, one, line, column)
        lines.append(f"{self._paint(f'{line} |', _BLUE)} {shown}".rstrip())
        lines.append(f"{edge} {' ' * at}{self._paint('^' * length, _COLOURS[one.level])}")
        lines += [f"{' ' * width} = {_plain(text)}" for text in _remarks(one)]
        for number, step in enumerate(one.fix):
            lead = " = instead:" if number == 0 else ""
            lines += [f"{' ' * width}{lead}"] if lead else []
            lines += [f"{' ' * width}     {_plain(text)}" for text in step.split("\n")]
        return "\n".join(lines)

    def concise(self, reports: Sequence[Report], level: Severity) -> str:
        """Return a line for each finding at a level or above, and one that counts all of them."""
        lines = []
        for report, one in _at_least(level, reports):
            line, column = report.script.position(one.offset)
            what = self._paint(f"{one.level.label}[{one.rule.code}]", _COLOURS[one.level])
            lines.append(f"{_plain(report.name)}:{line}:{column}: {what}: {_plain(one.message)}")
        return "\n".join([*lines, summary(reports, level)])

    def text(
        self,
        reports: Sequence[Report],
        level: Severity,
        running: Running | None = None,
        *,
        has_locks: bool = False,
    ) -> str:
        """Return everything that was found at a level or above, and a line that counts it.

        Behind that is a line about the client that runs.
        """
        blocks = []
        for report in reports:
            if has_locks and report.statements:
                blocks.append(_locks(report))
            blocks += [self.finding(report, one) for one in report.findings if one.level >= level]
        last = summary(reports, level)
        if running is not None:
            last += f"\n{_plain(running.line())}"
        return "\n\n".join([*blocks, last])


def _plain(text: str) -> str:
    """Escape what would let a name from a script begin a line, or steer a terminal."""
    return printable(text, keeping="\t")


def _window(report: Report, one: Finding, line: int, column: int) -> tuple[str, int, int]:
    """Return the part of a line to show, where the caret begins in it, and how long it is."""
    text = "".join(each if each.isprintable() else " " for each in report.script.line(line))
    start = max(0, column - 1 - _WIDEST // 2) if len(text) > _WIDEST else 0
    shown = text[start : start + _WIDEST]
    at = column - 1 - start
    length = min(one.end - one.offset, len(shown.rstrip()) - at)
    return shown, at, max(length, 1)


def _remarks(one: Finding) -> Iterator[str]:
    yield from (f"lock: {text}" for text in _lines(one.locks))
    for name, size in one.sizes:
        yield f"size: {name}: {size}"
    for note in one.notes:
        yield f"note: {note}"


def _lines(locks: Sequence[Lock]) -> Iterator[str]:
    """Return locks one by one, those of a table's partitions together."""
    parts: dict[tuple[Name, Mode], list[Name]] = {}
    for lock in locks:
        if lock.part_of is None:
            yield str(lock)
        else:
            parts.setdefault((lock.part_of, lock.mode), []).append(lock.relation)
    for (whole, mode), names in parts.items():
        named = ", ".join(map(str, names[:_MOST_PARTS]))
        more = f" and {len(names) - _MOST_PARTS} more" if len(names) > _MOST_PARTS else ""
        what = f"{named}{more}, below {whole}"
        yield f"{mode.sql} on {what}: blocks {mode.blocks}"


def _locks(report: Report) -> str:
    """Return every statement with the locks that it takes."""
    lines = [_plain(report.name)]
    for one in report.statements:
        if not one.statement.text:
            continue
        line, _ = report.script.position(one.statement.start)
        first = one.statement.text.splitlines()[0][:100]
        lines.append(f"  {line}: {_plain(first)}")
        sizes = dict(one.sizes)
        parts = [lock for lock in one.locks if lock.part_of is not None]
        for lock in one.locks:
            if lock.part_of is not None and parts.index(lock) >= _MOST_LISTED:
                continue
            size = sizes.get(str(lock.relation))
            below = f", below {lock.part_of}" if lock.part_of is not None else ""
            lines.append(_plain(f"      {lock}{below}{f' ({size})' if size else ''}"))
        if len(parts) > _MOST_LISTED:
            lines.append(f"      and the like on {len(parts) - _MOST_LISTED} partitions more")
        if not one.locks:
            lines.append("      no lock on a table that was there")
        if one.more:
            lines.append(f"  and {one.more:,} more like it, of other values")
    return "\n".join(lines)


def summary(reports: Sequence[Report], level: Severity) -> str:
    """Return how many findings of each level there are in how many scripts."""
    found = [one for report in reports for one in report.findings]
    parts = []
    for each in sorted(Severity, reverse=True):
        count = sum(one.level == each for one in found)
        if count:
            hidden = f" (shown with --level {each.label})" if each < level else ""
            parts.append(f"{count} {each.label}{'' if count == 1 else 's'}{hidden}")
    ignored = sum(report.ignored for report in reports)
    if ignored:
        parts.append(f"{ignored} ignored by remarks")
    scripts = f"{len(reports)} script{'' if len(reports) == 1 else 's'}"
    return f"{scripts}: {', '.join(parts) if parts else 'nothing found'}"


def _at_least(level: Severity, reports: Sequence[Report]) -> list[tuple[Report, Finding]]:
    return [(report, one) for report in reports for one in report.findings if one.level >= level]


def as_json(reports: Sequence[Report], level: Severity, running: Running = UNKNOWN) -> str:
    """Return everything for a program: findings, and the locks of every statement."""
    return json.dumps(
        {
            "running_client": {
                "is_known": running.is_known,
                "is_assumed": running.is_assumed,
                "what": running.what,
                "why_not": running.why_not,
            },
            "scripts": [
                {
                    "path": report.name,
                    "ignored": report.ignored,
                    "findings": [
                        _finding(report, one) for one in report.findings if one.level >= level
                    ],
                    "statements": [_statement(report, one) for one in report.statements],
                }
                for report in reports
            ],
        },
        indent=2,
        ensure_ascii=False,
    )


def _finding(report: Report, one: Finding) -> dict[str, Any]:
    line, column = report.script.position(one.offset)
    return {
        "code": one.rule.code,
        "name": one.rule.name,
        "severity": one.level.label,
        "message": one.message,
        "line": line,
        "column": column,
        "locks": [_lock(lock) for lock in one.locks],
        "sizes": [_size(name, size) for name, size in one.sizes],
        "notes": list(one.notes),
        "instead": list(one.fix),
    }


def _size(name: str, size: Size) -> dict[str, Any]:
    return {"relation": name, "rows": size.rows, "counted": size.is_counted, "bytes": size.bytes}


def _lock(lock: Lock) -> dict[str, str]:
    told = {
        "relation": str(lock.relation),
        "mode": lock.mode.sql,
        "blocks": lock.mode.blocks,
    }
    return told if lock.part_of is None else {**told, "below": str(lock.part_of)}


def _statement(report: Report, one: Taken) -> dict[str, Any]:
    line, column = report.script.position(one.statement.start)
    return {
        "line": line,
        "column": column,
        "locks": [_lock(lock) for lock in one.locks],
        "sizes": [_size(name, size) for name, size in one.sizes],
        "more": one.more,
    }


def as_github(reports: Sequence[Report], level: Severity) -> str:
    """Return annotations, as a workflow of GitHub's reads them."""
    lines = []
    for report, one in _at_least(level, reports):
        line, column = report.script.position(one.offset)
        place = {"file": report.name, "line": str(line), "col": str(column)}
        place["title"] = f"{one.rule.code} {one.rule.name}"
        text = "\n".join([one.message, *_remarks(one), *one.fix])
        lines.append(workflow_command(one.level, text, place))
    return "\n".join(lines)


def as_sarif(reports: Sequence[Report], level: Severity, running: Running = UNKNOWN) -> str:
    """Return a log in SARIF 2.1.0, which code hosts read."""
    found = _at_least(level, reports)
    rules = {one.rule.code: one.rule for _, one in found}
    index = {code: number for number, code in enumerate(sorted(rules))}
    results = []
    for report, one in found:
        line, column = report.script.position(one.offset)
        text = "\n".join([one.message, *_remarks(one)])
        body = sarif.result(one.rule.code, index[one.rule.code], one.level, text)
        region = {"startLine": line, "startColumn": column}
        body["locations"] = [{"physicalLocation": sarif.place(report.name, region)}]
        results.append(body)
    note = {"level": "note", "message": {"text": running.line()}}
    invocation = {"executionSuccessful": True, "toolExecutionNotifications": [note]}
    log = sarif.log(
        "forebay migrate lint",
        [_rule(rules[code]) for code in index],
        results,
        invocations=[invocation],
    )
    return json.dumps(log, indent=2, ensure_ascii=False)


def _rule(rule: Rule) -> dict[str, Any]:
    told = rule.page
    why, instead = " ".join(told.why.split()), " ".join(told.instead.split())
    return sarif.rule(rule.code, rule.name, rule.level, told.about, why, instead, page(rule))
