"""Which calls go to a Prisma client, and what they ask of it.

A client is known by where it comes from: a `new PrismaClient`, an import that leads to the file
that builds one, the parameter of an interactive transaction, a parameter or field with Prisma's
type; failing all those by a name with `prisma` in it. What an import leads elsewhere is none.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass

from tree_sitter import Node

from forebay.doctor.repository.file import File
from forebay.doctor.repository.repository import Repository
from forebay.doctor.script.nodes import declared_names, function_in, parameters, unwrap
from forebay.doctor.script.resolve import Modules
from forebay.doctor.script.script import Call, Script, around, properties, text_of

READS = frozenset(
    {
        "findUnique", "findUniqueOrThrow", "findFirst", "findFirstOrThrow", "findMany", "count",
        "aggregate", "groupBy",
    }
)  # fmt: skip
WRITES = frozenset(
    {
        "create", "createMany", "createManyAndReturn", "update", "updateMany",
        "updateManyAndReturn", "upsert", "delete", "deleteMany",
    }
)  # fmt: skip
OPERATIONS = READS | WRITES
RAW = frozenset(
    {"$queryRaw", "$executeRaw", "$queryRawUnsafe", "$executeRawUnsafe", "$queryRawTyped"}
)
# Operations that nothing but Prisma calls so: with these even a plain `db` is a Prisma client.
_TELLING = frozenset(
    {
        "findUnique", "findUniqueOrThrow", "findFirstOrThrow", "findMany", "createMany",
        "createManyAndReturn", "updateMany", "updateManyAndReturn", "upsert", "deleteMany",
        "groupBy", "findFirst", "aggregate",
    }
)  # fmt: skip
_PLAIN = frozenset({"db", "tx", "trx", "database", "client", "orm", "conn", "transaction", "t"})
# Packages whose calls have the same names.
_OTHERS = ("drizzle-orm", "typeorm", "sequelize", "knex", "mongoose", "@payloadcms", "payload")
_MADE = re.compile(r"\bnew\s+(?:\w+\.)?(\w*PrismaClient)\b")
_TYPE = re.compile(r"\b(?:PrismaClient|TransactionClient)\b")
_NAME = re.compile(r"([\w$]+)\s*[?!]?\s*:\s*(?:\w+\.)?$")
_REEXPORT = re.compile(r"^\s*export\b[^;\n]*?\bfrom\s*['\"]([^'\"]+)['\"]", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Query:
    """A call of a client: ``model`` is empty for raw ones."""

    script: Script
    call: Call
    client: tuple[str, ...]
    model: str
    operation: str

    @property
    def node(self) -> Node:
        """The call."""
        return self.call.node

    @property
    def name(self) -> str:
        """What is called, with dots."""
        return self.call.name.replace(".()", "()")

    @property
    def is_read(self) -> bool:
        """Whether it reads by a model."""
        return self.operation in READS

    @property
    def is_write(self) -> bool:
        """Whether it writes by a model."""
        return self.operation in WRITES

    @property
    def options(self) -> dict[str, Node]:
        """The properties of its first argument, where that is written out."""
        given = self.call.arguments
        return properties(unwrap(given[0])) if given else {}


@dataclass(frozen=True, slots=True)
class Transaction:
    """A `$transaction` call: ``body`` is the function of an interactive one, else None."""

    script: Script
    call: Call
    body: Node | None
    client: str  # the name of the function's parameter; empty when it takes none

    @property
    def options(self) -> dict[str, Node]:
        """The properties of its second argument."""
        given = self.call.arguments
        return properties(unwrap(given[1])) if len(given) > 1 else {}


class Clients:
    """What a repository's files have to do with Prisma."""

    def __init__(self, repository: Repository, modules: Modules) -> None:
        self._repository = repository
        self._modules = modules
        self._builders: dict[str, bool] = {}

    def builds(self, file: File, depth: int = 3) -> bool:
        """Whether a file builds a Prisma client, or hands on one that another file builds."""
        if file.path not in self._builders:
            self._builders[file.path] = False  # for imports that go round
            self._builders[file.path] = bool(
                "PrismaClient" in file.text and _MADE.search(file.text)
            ) or (depth > 0 and any(self.builds(one, depth - 1) for one in self._handed_on(file)))
        return self._builders[file.path]

    def _handed_on(self, file: File) -> Iterator[File]:
        sources = _REEXPORT.findall(file.text)
        if "$extends" in file.text or len(file.text) < 1500:
            sources += re.findall(r"from\s*['\"]([^'\"]*(?:prisma|db|client)[^'\"]*)['\"]",
                                  file.text, re.IGNORECASE)  # fmt: skip
        for source in sources:
            found = self._modules.file(file, source)
            if found is not None:
                yield found

    def names_in(self, script: Script) -> dict[str, bool]:
        """Return the names that a file imports or declares: whether each is a client."""
        found: dict[str, bool] = {}
        for local, one in script.imports.items():
            file = self._modules.file(script.file, one.source)
            if file is not None:
                found[local] = self.builds(file) or "prisma" in local.lower()
            elif "prisma" not in local.lower() and "prisma" not in one.source.lower():
                found[local] = False
        found |= dict.fromkeys(_typed(script.file.text), True)
        for call in script.calls:
            if call.is_new and call.last.endswith("PrismaClient"):
                found |= dict.fromkeys(_holders(call.node), True)
        return found

    def queries_in(self, script: Script) -> Iterator[Query]:
        """Yield the calls of clients, in the order of the text."""
        if not self._uses_prisma(script):
            return
        names = self.names_in(script)
        transactions = {one.client for one in self.transactions_in(script) if one.client}
        for call in script.calls:
            if call.is_new or len(call.names) < 2:
                continue
            if call.last in RAW:
                yield Query(script, call, call.names[:-1], "", call.last)
            elif call.last in OPERATIONS and len(call.names) > 2:
                client, model = call.names[:-2], call.names[-2]
                if not re.fullmatch(r"[a-z_$]\w*|\[.*\]", model) or model in ("query", "prisma"):
                    continue
                if self._is_client(client, call.last, names, transactions):
                    yield Query(script, call, client, model, call.last)

    def _is_client(
        self,
        client: tuple[str, ...],
        operation: str,
        names: dict[str, bool],
        transactions: set[str],
    ) -> bool:
        root, last = client[0], client[-1]
        if root in transactions:
            return True
        if root in names and len(client) == 1:
            return names[root]
        if names.get(root) and client[-1] == "()" and len(client) in (2, 3):
            return True  # getPrisma().post, Database.instance().post
        if names.get(root) is False and root not in ("ctx", "context"):
            return any("prisma" in one.lower() for one in client)
        if any("prisma" in one.lower() for one in client):
            return True
        return last in _PLAIN and operation in _TELLING

    def transactions_in(self, script: Script) -> Iterator[Transaction]:
        """Yield the calls of `$transaction`."""
        if "$transaction" not in script.file.text:
            return
        for call in script.calls:
            if call.last == "$transaction" and len(call.names) > 1 and call.arguments:
                body = function_in(call.arguments[0])
                if body is not None and unwrap(call.arguments[0]) != body:
                    body = None  # a function within what it is given, an array for instance
                given = parameters(body) if body is not None else []
                name = text_of(given[0]) if given and given[0].type == "identifier" else ""
                yield Transaction(script, call, body, name)

    def _uses_prisma(self, script: Script) -> bool:
        text = script.file.text
        if "prisma" in text or "Prisma" in text:
            return True
        return self._depends and not script.imports_from(*_OTHERS)

    @functools.cached_property
    def _depends(self) -> bool:
        return any(one.has("@prisma/client") for one in self._repository.packages)


def _typed(text: str) -> Iterator[str]:
    """Yield the names whose type is a client's."""
    if "PrismaClient" not in text and "TransactionClient" not in text:
        return
    for one in _TYPE.finditer(text):
        name = _NAME.search(text, max(one.start() - 80, 0), one.start())
        if name:
            yield name[1]


def _holders(node: Node) -> Iterator[str]:
    """Yield the names of the variable that a value is assigned to where it is declared."""
    for above in around(node):
        if above.type == "variable_declarator":
            yield from declared_names(above.child_by_field_name("name"))
        if above.type in ("statement_block", "program", "class_body"):
            return
