"""What the rules about scripts share, found once a repository."""

from __future__ import annotations

import bisect
import functools
import re
import weakref
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from tree_sitter import Node

from forebay.doctor.repository.file import File, Role
from forebay.doctor.repository.prisma import PrismaProject
from forebay.doctor.repository.repository import Repository
from forebay.doctor.script.next import Entry, Kind, entries_of, named_function
from forebay.doctor.script.prisma import Clients, Query, Transaction
from forebay.doctor.script.resolve import Modules
from forebay.doctor.script.script import SCRIPT_SUFFIXES, Script
from forebay.schema.model import Model

# The modules that a file names, and those of which it exports something.
_SOURCES = re.compile(r"""\b(?:from|import|require)\s*\(?\s*['"]([^'"\n]+)['"]""")
_HANDED_ON = re.compile(r"""^\s*export\b[^;\n]*?\bfrom\s*['"]([^'"]+)['"]""", re.MULTILINE)
_WORD = re.compile(r"[\w$]+")
_CALLED = re.compile(r"([\w$]+)\((?=\s*(\S))")
_TAKES_ALL = re.compile(r"\bexport\s*\*|\bimport\s*(?:\*|\()")
# How many files a re-exported name is looked for in.
_MOST_FILES = 20
Fact = TypeVar("Fact")
_GENERATED = ("/generated/", "generated/", "/__generated__/")


class Knowledge:
    """The application's scripts with their queries, transactions and entries."""

    def __init__(self, repository: Repository) -> None:
        self.repository = repository
        self.modules = Modules(repository)
        self.clients = Clients(repository, self.modules)
        self._queries: dict[str, tuple[Query, ...]] = {}
        self._entries: dict[str, _Entries] = {}
        self._starts: dict[str, list[int]] = {}
        self._functions: dict[tuple[str, str], tuple[Script, Node] | None] = {}
        self._told: dict[tuple[Any, int], Any] = {}
        self._models: dict[str, dict[str, Model]] = {}
        self._handed_on: dict[str, list[str]] = {}
        self._said: dict[str, Words] = {}

    @functools.cached_property
    def scripts(self) -> tuple[Script, ...]:
        """The scripts that run in production: no tests, tools, samples or generated files."""
        return tuple(
            one
            for one in self.repository.scripts
            if one.file.role is Role.APPLICATION and not _is_generated(one) and not _is_tool(one)
        )

    @functools.cached_property
    def queries(self) -> tuple[Query, ...]:
        """Every call of a Prisma client in the application's scripts."""
        return tuple(query for script in self.scripts for query in self.queries_in(script))

    @functools.cached_property
    def transactions(self) -> tuple[Transaction, ...]:
        """Every `$transaction` in the application's scripts."""
        return tuple(one for script in self.scripts for one in self.clients.transactions_in(script))

    @functools.cached_property
    def by_path(self) -> dict[str, Script]:
        """The repository's scripts by path, tests and tools included."""
        return {one.file.path: one for one in self.repository.scripts}

    @functools.cached_property
    def running(self) -> dict[str, Script]:
        """The scripts that run in production, by path."""
        return {one.file.path: one for one in self.scripts}

    @functools.cached_property
    def imported(self) -> frozenset[str]:
        """The paths of the files that application scripts import."""
        found = (
            self.modules.file(script.file, one.source)
            for script in self.scripts
            for one in script.imports.values()
        )
        return frozenset(file.path for file in found if file is not None)

    @functools.cached_property
    def _named_by(self) -> dict[str, list[File]]:
        """By path the scripts that name a file, those without a query included."""
        found: dict[str, list[File]] = {}
        for file in self.repository.files:
            if file.suffix in SCRIPT_SUFFIXES and file.role is not Role.TEST:
                for source in _SOURCES.findall(file.text):
                    named = self.modules.file(file, source)
                    if named is not None:
                        found.setdefault(named.path, []).append(file)
        return found

    def naming(self, script: Script) -> list[File]:
        """Return the scripts that name a file, those without a query included."""
        return self._named_by.get(script.file.path, [])

    def words_of(self, file: File) -> Words:
        """Return the words of a script and what it calls, looked up once."""
        if file.path not in self._said:
            self._said[file.path] = Words(file.text)
        return self._said[file.path]

    def told(self, read: Callable[[Entry], Fact], entry: Entry) -> Fact:
        """Return what a function makes of an entry of this repository, worked out once."""
        key = (read, id(entry))
        if key not in self._told:
            self._told[key] = read(entry)
        found: Fact = self._told[key]
        return found

    def function_of(self, script: Script, local: str) -> tuple[Script, Node] | None:
        """Return the function of another file that a name stands for: (its file, the function)."""
        key = (script.file.path, local)
        if key not in self._functions:
            self._functions[key] = self._led_to(script, local)
        return self._functions[key]

    def _led_to(self, script: Script, local: str) -> tuple[Script, Node] | None:
        one = script.imports.get(local)
        if one is None or one.is_type:
            return None
        wanted = [(script.file, one.source)]
        for _ in range(_MOST_FILES):  # re-exports lead from file to file
            if not wanted:
                return None
            importer, source = wanted.pop(0)
            file = self.modules.file(importer, source)
            if file is None:
                continue
            other = self.by_path.get(file.path)
            function = named_function(other, one.name) if other is not None else None
            if other is not None and function is not None:
                return other, function
            wanted += [(file, further) for further in self._handed_on_by(file)]
        return None

    def _handed_on_by(self, file: File) -> list[str]:
        if file.path not in self._handed_on:
            self._handed_on[file.path] = _HANDED_ON.findall(file.text)
        return self._handed_on[file.path]

    def is_reached(self, script: Script, entry: Entry) -> bool:
        """Whether a request can come to an entry: not to an action that nobody imports."""
        if entry.kind is not Kind.ACTION or "use server" not in script.directives:
            return True
        every = [self.words_of(file) for file in self.naming(script)]
        return any(one.takes_all or one.count(entry.name) for one in every)

    @functools.cached_property
    def in_browser(self) -> dict[tuple[str, str], tuple[Script, Node]]:
        """What browser code, or a form, takes from other files: (path, name) → where."""
        found: dict[tuple[str, str], tuple[Script, Node]] = {}
        for script in self.repository.scripts:
            has_forms = "ction={" in script.file.text
            if "use client" not in script.directives and not has_forms:
                continue
            for one in script.imports.values():
                file = self.modules.file(script.file, one.source) if not one.is_type else None
                if file is not None:
                    found.setdefault((file.path, one.name), (script, one.node))
        return found

    def schemas_of(self, script: Script) -> tuple[PrismaProject, ...]:
        """Return the schemas that a script's client may be of: the nearest package's, or all."""
        every = [
            one for one in self.repository.prisma if one.files[0].role is not Role.TEST
        ] or self.repository.prisma
        folders = {one.package.folder if one.package is not None else "" for one in every}
        near = max(
            (one for one in folders if one and script.file.path.startswith(one)),
            key=len,
            default=None,
        )
        return tuple(
            one
            for one in every
            if near is None or (one.package is not None and one.package.folder == near)
        )

    def provider_of(self, script: Script) -> str:
        """Return the database that a script's client speaks to, by its schema.

        PostgreSQL where there is no schema; empty where schemas of several databases fit.
        """
        found = {one.provider for one in self.schemas_of(script)} or {"postgresql"}
        return found.pop() if len(found) == 1 else ""

    def model_of(self, query: Query) -> Model | None:
        """Return the schema's model that a query asks, or None where no schema has it."""
        path = query.script.file.path
        if path not in self._models:
            found: dict[str, Model] = {}
            for project in self.schemas_of(query.script):
                for one in project.checked.schema.models:
                    found.setdefault(one.name[:1].lower() + one.name[1:], one)
            self._models[path] = found
        return self._models[path].get(query.model)

    def queries_in(self, script: Script) -> tuple[Query, ...]:
        """Return the calls of a Prisma client in one file."""
        path = script.file.path
        if path not in self._queries:
            self._queries[path] = tuple(self.clients.queries_in(script))
        return self._queries[path]

    def queries_within(self, script: Script, node: Node) -> Iterator[Query]:
        """Yield the calls of a Prisma client that stand within a node of a file."""
        queries = self.queries_in(script)
        starts = self._starts.get(script.file.path)
        if starts is None:
            starts = self._starts[script.file.path] = [one.node.start_byte for one in queries]
        end = node.end_byte
        first = bisect.bisect_left(starts, node.start_byte)
        for index in range(first, bisect.bisect_left(starts, end, first)):
            if queries[index].node.end_byte <= end:
                yield queries[index]

    def entries_in(self, script: Script) -> tuple[Entry, ...]:
        """Return the functions of a file that requests call."""
        return self._entries_of(script).every

    def entry_of(self, script: Script, node: Node) -> Entry | None:
        """Return the entry around a node: the innermost."""
        return self._entries_of(script).around(node)

    def _entries_of(self, script: Script) -> _Entries:
        path = script.file.path
        if path not in self._entries:
            self._entries[path] = _Entries(tuple(entries_of(script)))
        return self._entries[path]


class _Entries:
    """The entries of a file, by the place of what they hold."""

    def __init__(self, every: tuple[Entry, ...]) -> None:
        self.every = every
        # Of those of one place the first is the last: it is the one that is found.
        places = [(one.node.start_byte, -one.node.end_byte, -at) for at, one in enumerate(every)]
        self._sorted = [every[-at] for _, _, at in sorted(places)]
        self._starts = [one.node.start_byte for one in self._sorted]
        self._ends = [one.node.end_byte for one in self._sorted]
        # The entry around each, as nodes stand within or beside one another; -1 for none.
        self._outer: list[int] = []
        open_: list[int] = []
        for index, start in enumerate(self._starts):
            while open_ and self._ends[open_[-1]] <= start:
                open_.pop()
            self._outer.append(open_[-1] if open_ else -1)
            open_.append(index)

    def around(self, node: Node) -> Entry | None:
        """Return the innermost entry around a node."""
        end = node.end_byte
        index = bisect.bisect_right(self._starts, node.start_byte) - 1
        while index >= 0 and self._ends[index] < end:
            index = self._outer[index]
        return self._sorted[index] if index >= 0 else None


class Words:
    """How often a text has each word, and what stands first between the brackets of its calls."""

    def __init__(self, text: str) -> None:
        self._counts = Counter(_WORD.findall(text))
        self._calls: dict[str, list[str]] = {}
        for name, first in _CALLED.findall(text):
            self._calls.setdefault(name, []).append(first)
        # Whether another file's names come in, or go on, without being written here.
        self.takes_all = _TAKES_ALL.search(text) is not None

    def count(self, word: str) -> int:
        """Return how often the text has a word."""
        return self._counts[word]

    def calls(self, name: str) -> list[str]:
        """Return the first sign of what is handed on in each call of a name."""
        return self._calls.get(name, [])


def _is_generated(script: Script) -> bool:
    path = script.file.path
    return any(one in path for one in _GENERATED) or "@generated" in script.file.text[:400]


def _is_tool(script: Script) -> bool:
    """Whether a person runs the file by hand: it hands nothing on, serves nobody, and ends."""
    text = script.file.text
    return (
        re.search(r"^export |module\.exports|\bexports\.|\.listen\(", text, re.MULTILINE) is None
        and re.search(r"process\.(exit|argv)|\$disconnect\(", text) is not None
    )


_KNOWN: weakref.WeakKeyDictionary[Repository, Knowledge] = weakref.WeakKeyDictionary()


def knowledge_of(repository: Repository) -> Knowledge:
    """Return what is known of a repository's scripts."""
    if repository not in _KNOWN:
        _KNOWN[repository] = Knowledge(repository)
    return _KNOWN[repository]
