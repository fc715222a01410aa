"""What the rules about scripts share, found once a repository."""

from __future__ import annotations

import functools
import re
import weakref

from tree_sitter import Node

from forebay.doctor.repository.file import Role
from forebay.doctor.repository.prisma import PrismaProject
from forebay.doctor.repository.repository import Repository
from forebay.doctor.script.next import Entry, Kind, entries_of, named_function
from forebay.doctor.script.nodes import is_inside
from forebay.doctor.script.prisma import Clients, Query, Transaction
from forebay.doctor.script.resolve import Modules
from forebay.doctor.script.script import SCRIPT_SUFFIXES, Script
from forebay.schema.model import Model

# The modules that a file names, and those of which it exports something.
_SOURCES = re.compile(r"""\b(?:from|import|require)\s*\(?\s*['"]([^'"\n]+)['"]""")
_HANDED_ON = re.compile(r"""^\s*export\b[^;\n]*?\bfrom\s*['"]([^'"]+)['"]""", re.MULTILINE)
# How many files a re-exported name is looked for in.
_MOST_FILES = 20
_GENERATED = ("/generated/", "generated/", "/__generated__/")


class Knowledge:
    """The application's scripts with their queries, transactions and entries."""

    def __init__(self, repository: Repository) -> None:
        self.repository = repository
        self.modules = Modules(repository)
        self.clients = Clients(repository, self.modules)
        self._queries: dict[str, tuple[Query, ...]] = {}
        self._entries: dict[str, tuple[Entry, ...]] = {}

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
    def imported(self) -> frozenset[str]:
        """The paths of the files that application scripts import."""
        found = (
            self.modules.file(script.file, one.source)
            for script in self.scripts
            for one in script.imports.values()
        )
        return frozenset(file.path for file in found if file is not None)

    @functools.cached_property
    def _named_by(self) -> dict[str, list[str]]:
        """By path the texts of the scripts that name a file, those without a query included."""
        found: dict[str, list[str]] = {}
        for file in self.repository.files:
            if file.suffix in SCRIPT_SUFFIXES and file.role is not Role.TEST:
                for source in _SOURCES.findall(file.text):
                    named = self.modules.file(file, source)
                    if named is not None:
                        found.setdefault(named.path, []).append(file.text)
        return found

    def naming(self, script: Script) -> list[str]:
        """Return the texts of the scripts that name a file, those without a query included."""
        return self._named_by.get(script.file.path, [])

    def function_of(self, script: Script, local: str) -> tuple[Script, Node] | None:
        """Return the function of another file that a name stands for: (its file, the function)."""
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
            wanted += [(file, further) for further in _HANDED_ON.findall(file.text)]
        return None

    def is_reached(self, script: Script, entry: Entry) -> bool:
        """Whether a request can come to an entry: not to an action that nobody imports."""
        if entry.kind is not Kind.ACTION or "use server" not in script.directives:
            return True
        wanted = re.compile(rf"\b{re.escape(entry.name)}\b|\bexport\s*\*|\bimport\s*(\*|\()")
        return any(wanted.search(text) for text in self.naming(script))

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
        for project in self.schemas_of(query.script):
            for one in project.checked.schema.models:
                if one.name[:1].lower() + one.name[1:] == query.model:
                    return one
        return None

    def queries_in(self, script: Script) -> tuple[Query, ...]:
        """Return the calls of a Prisma client in one file."""
        path = script.file.path
        if path not in self._queries:
            self._queries[path] = tuple(self.clients.queries_in(script))
        return self._queries[path]

    def entries_in(self, script: Script) -> tuple[Entry, ...]:
        """Return the functions of a file that requests call."""
        path = script.file.path
        if path not in self._entries:
            self._entries[path] = tuple(entries_of(script))
        return self._entries[path]

    def entry_of(self, script: Script, node: Node) -> Entry | None:
        """Return the entry around a node: the innermost."""
        around = [one for one in self.entries_in(script) if is_inside(node, one.node)]
        return max(around, key=lambda one: one.node.start_byte, default=None)


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
