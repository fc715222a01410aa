"""More than one module of an application that builds a Prisma client."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from tree_sitter import Node

from forebay.doctor.finding import Finding, Note
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule, Severity
from forebay.doctor.script.builds import Build, clients_built_in
from forebay.doctor.script.knowledge import Knowledge, knowledge_of
from forebay.doctor.script.nodes import declared_names
from forebay.doctor.script.script import around, text_of


def check(repository: Repository) -> Iterator[Finding]:
    """Find the second and further modules of a package that build the same client."""
    known = knowledge_of(repository)
    built: dict[tuple[str, str, str], list[Build]] = defaultdict(list)
    for script in known.scripts:
        package = repository.package_of(script.file)
        for build in clients_built_in(script):
            one = script.imports.get(build.call.names[0])
            if one is None or _is_told_apart(build) or build.is_per_call:
                continue
            made = known.modules.file(script.file, one.source)
            source = made.path if made else one.source
            folder = package.folder if package else ""
            built[folder, source, one.name].append(build)
            break
    for found in built.values():
        builds = [one for one in found if len(found) > 1 and _is_used(known, one)]
        if len(builds) < 2:
            continue
        # The module that others take theirs from is the right one.
        builds.sort(key=lambda one: (-_likeness(one), one.script.file.path))
        first, second, *more = builds
        count = len(builds)
        yield Finding(
            f"this is one of {count} modules that build a `PrismaClient`, a connection pool each",
            second.script.span(second.call.node),
            notes=(
                Note("the first is here", first.script.span(first.call.node)),
                *(Note("another", one.script.span(one.call.node)) for one in more[:3]),
            ),
        )


def _is_used(known: Knowledge, build: Build) -> bool:
    """Whether anything asks the client: its own file, one that imports it, what it is given to."""
    path = build.script.file.path
    if known.queries_in(build.script) or path in known.imported:
        return True
    # It is handed to another: PrismaAdapter(prisma).
    names = {one for above in around(build.call.node) for one in _declared(above)}
    return any(
        one.type == "identifier" and text_of(one) in names
        for call in build.script.calls
        for one in call.arguments
    )


def _declared(node: Node) -> tuple[str, ...]:
    return (
        declared_names(node.child_by_field_name("name"))
        if node.type == "variable_declarator"
        else ()
    )


def _is_told_apart(build: Build) -> bool:
    """Whether it is a client of its own right: another URL, an adapter for another runtime."""
    given = build.call.node.child_by_field_name("arguments")
    text = given.text if given is not None else b""
    words = (b"datasources", b"datasourceUrl", b"adapter", b"accelerateUrl", b"errorFormat")
    if any(word in (text or b"") for word in words):
        return True
    edge = (
        "@prisma/client/edge",
        "@prisma/extension-read-replicas",
        "@prisma/extension-accelerate",
    )
    return build.script.imports_from(*edge)


def _likeness(build: Build) -> int:
    exported = any(above.type == "export_statement" for above in around(build.call.node))
    named = any(word in build.script.file.path for word in ("prisma", "db", "database"))
    return 2 * exported + named + ("globalThis" in build.script.file.text) * 4


RULE = Rule(
    code="FD102",
    name="several-clients",
    severity=Severity.WARNING,
    what="Several modules of one application build a Prisma client each.",
    why="Every client opens its own pool, so a process takes a multiple of the connections that "
    "`connection_limit` was set for.",
    fix="build the client in one module, and import it from there",
    language="ts",
    path="lib/posts.ts",
    bad="""\
import { PrismaClient } from "@prisma/client"

const prisma = new PrismaClient()

export const posts = () => prisma.post.findMany({ take: 20 })
""",
    good="""\
import { prisma } from "./prisma"

export const posts = () => prisma.post.findMany({ take: 20 })
""",
    files={
        "lib/prisma.ts": 'import { PrismaClient } from "@prisma/client"\n\n'
        "export const prisma = new PrismaClient()\n",
        "lib/users.ts": 'import { prisma } from "./prisma"\n\n'
        "export const users = () => prisma.user.count()\n",
    },
    check=check,
)
