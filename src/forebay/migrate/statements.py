"""A script's statements: where one ends and the next begins, and which no transaction may hold."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_TOKEN = re.compile(
    r"""
    (?P<remark>--[^\n]*)
    |(?P<block>/\*)
    |(?P<escaped>\b[eE]'(?:[^'\\]|''|\\.)*')
    |(?P<text>'(?:[^']|'')*')
    |(?P<name>"(?:[^"]|"")*")
    |(?P<dollar>(?<![\w$])\$(?:[A-Za-z_\x80-\uffff][\w\x80-\uffff]*)?\$)
    |(?P<word>[A-Za-z_\x80-\uffff][\w$\x80-\uffff]*)
    |(?P<end>;)
    """,
    re.VERBOSE | re.DOTALL,
)
_COMMENT = re.compile(r"/\*|\*/")

# Statements that PostgreSQL refuses inside a transaction, by how their words begin.
_BARRED = (
    re.compile(r"CREATE (UNIQUE )?INDEX CONCURRENTLY\b"),
    re.compile(r"DROP INDEX CONCURRENTLY\b"),
    re.compile(r"REINDEX\b.*\bCONCURRENTLY\b"),
    re.compile(r"REINDEX( VERBOSE)? (DATABASE|SYSTEM|SCHEMA)\b"),
    re.compile(r"ALTER TABLE\b.*\bDETACH PARTITION\b.*\bCONCURRENTLY\b"),
    re.compile(r"VACUUM\b"),
    re.compile(r"CLUSTER( VERBOSE)?\Z"),
    re.compile(r"(CREATE|DROP) (DATABASE|TABLESPACE|SUBSCRIPTION)\b"),
    re.compile(r"ALTER SYSTEM\b"),
    re.compile(r"ALTER DATABASE\b.*\bSET TABLESPACE\b"),
    re.compile(r"DISCARD ALL\b"),
)
_ADD_VALUE = re.compile(r"ALTER TYPE\b.*\bADD VALUE\b")
_ENUMS_IN_TRANSACTIONS = 120000
_TRANSACTION = re.compile(
    r"(BEGIN|START TRANSACTION|COMMIT|END|ROLLBACK|ABORT|PREPARE TRANSACTION)\b"
)

# What a statement makes concurrently, which is left behind as invalid where that fails: its name.
_MADE = re.compile(
    r"""\s(?:CREATE\s+(?:UNIQUE\s+)?INDEX\s+CONCURRENTLY\s+(?:IF\s+NOT\s+EXISTS\s+)?)
    (?:"(?P<quoted>(?:[^"]|"")+)"|(?P<plain>(?!ON\s)[^\s"();]+))""",
    re.VERBOSE | re.IGNORECASE,
)
_CODE = re.compile(r"(DO|CALL)\b")
_COMMITS = re.compile(r"\b(COMMIT|ROLLBACK)\b", re.IGNORECASE)
_REMARKS = re.compile(r"--[^\n]*|/\*.*?\*/", re.DOTALL)
_COPY = re.compile(r"COPY\b.*\b(FROM STDIN|TO STDOUT)\b")


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement: its text as it stands in the script, and its words outside of quotes."""

    text: str
    words: str
    start: int

    def is_barred(self, version: int) -> bool:
        """Say whether a server of a version refuses it inside a transaction."""
        if version < _ENUMS_IN_TRANSACTIONS and _ADD_VALUE.match(self.words):
            return True
        return any(one.match(self.words) for one in _BARRED)

    @property
    def is_transaction(self) -> bool:
        """Whether it begins or ends a transaction."""
        return _TRANSACTION.match(self.words) is not None

    @property
    def may_commit(self) -> bool:
        """Whether the code that it runs may end transactions: a procedure's is not to be seen."""
        if _CODE.match(self.words) is None:
            return False
        return self.words.startswith("CALL") or _COMMITS.search(self.text) is not None

    @property
    def index(self) -> str | None:
        """The index that it makes concurrently, None where it makes none or does not name it."""
        if not _BARRED[0].match(self.words):
            return None
        found = _MADE.search(" " + _REMARKS.sub(" ", self.text))
        if found is None:
            return None
        return found["quoted"].replace('""', '"') if found["quoted"] else found["plain"].lower()


def statements(script: str) -> list[Statement]:
    """Return the statements of a script; remarks belong to the statement that follows them."""
    found = []
    start = 0
    for end, words in _ends(script):
        if words:
            found.append(Statement(script[start:end], " ".join(words).upper(), start))
            start = end
    return found


def end_of_statement(script: str, start: int) -> int:
    """Return where the statement that begins at a place ends, behind its semicolon."""
    return next(_ends(script, start))[0]


def _ends(script: str, start: int = 0) -> Iterator[tuple[int, list[str]]]:
    """Return where statements end, each with its words."""
    at, words, depth = start, list[str](), 0
    while (token := _TOKEN.search(script, at)) is not None:
        at = token.end()
        kind = token.lastgroup
        if kind == "block":
            at = _behind_comment(script, at)
        elif kind == "dollar":
            close = script.find(token[0], at)
            at = len(script) if close < 0 else close + len(token[0])
        elif kind == "word":
            words.append(token[0])
            depth = _depth(depth, words)
        elif kind == "name":
            words.append('"')
        elif kind == "end" and not depth:
            yield at, words
            words = []
    yield len(script), words


def _depth(depth: int, words: list[str]) -> int:
    """Return how deep in the body of a function a word is: its semicolons end no statement."""
    word = words[-1].upper()
    if word == "ATOMIC" and len(words) > 1 and words[-2].upper() == "BEGIN":
        return depth + 1
    if depth and word == "CASE":
        return depth + 1
    return depth - 1 if depth and word == "END" else depth


def _behind_comment(script: str, at: int) -> int:
    depth = 1
    for mark in _COMMENT.finditer(script, at):
        depth += 1 if mark[0] == "/*" else -1
        if depth == 0:
            return mark.end()
    return len(script)


def parts(script: str, version: int) -> list[str]:
    """Return a script as the queries it is sent in: one, unless a statement must stand alone.

    Statements that a transaction may hold stay together, in one transaction, as they would without
    the one that may not.
    """
    found = statements(script)
    if len(found) < 2 or not any(one.is_barred(version) for one in found):
        return [script]
    out: list[str] = []
    together = ""
    for one in found:
        if one.is_barred(version):
            out += [together, one.text] if together else [one.text]
            together = ""
        else:
            together += one.text
    return [*out, together] if together else out


def has_copy(script: str) -> bool:
    """Say whether a script needs a client that sends or takes rows between its statements."""
    return any(_COPY.match(one.words) for one in statements(script))


def is_one_transaction(script: str, version: int = _ENUMS_IN_TRANSACTIONS) -> bool:
    """Say whether a script that is sent as one query is undone as a whole when it fails."""
    return not any(
        one.is_transaction or one.may_commit or one.is_barred(version) for one in statements(script)
    )


def index_of(script: str) -> str | None:
    """Return the index that a script of one statement makes concurrently."""
    found = statements(script)
    return found[0].index if len(found) == 1 else None


def is_dropping_concurrently(script: str) -> bool:
    """Say whether a script is of one statement, which drops an index concurrently."""
    found = statements(script)
    return len(found) == 1 and _BARRED[1].match(found[0].words) is not None
