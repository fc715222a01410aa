"""Every query printed, in production as well."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tree_sitter import Node

from forebay.doctor.finding import Finding
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule, Severity
from forebay.doctor.script.builds import clients_built_in
from forebay.doctor.script.knowledge import knowledge_of
from forebay.doctor.script.nodes import unwrap
from forebay.doctor.script.script import around, properties, string_value, text_of

_GUARD = re.compile(r"NODE_ENV|isProd|isDev|DEBUG|LOG", re.IGNORECASE)


def check(repository: Repository) -> Iterator[Finding]:
    """Find clients whose `log` holds `query` whatever the environment."""
    for script in knowledge_of(repository).scripts:
        for build in clients_built_in(script):
            given = build.call.arguments
            log = unwrap(properties(unwrap(given[0])).get("log")) if given else None
            if _is_guarded(build.call.node):
                continue
            for one in log.named_children if log is not None and log.type == "array" else ():
                if _prints_queries(one):
                    yield Finding("every query is printed, in production too", script.span(one))


def _is_guarded(node: Node) -> bool:
    """Whether the client is built in some environments only."""
    return any(
        _GUARD.search(text_of(above.child_by_field_name("condition") or above))
        for above in around(node)
        if above.type in ("if_statement", "ternary_expression")
    )


def _prints_queries(one: Node) -> bool:
    if string_value(one) == "query":
        return True
    named = properties(one)
    return (
        string_value(named.get("level")) == "query" and string_value(named.get("emit")) == "stdout"
    )


RULE = Rule(
    code="FD114",
    name="query-log",
    severity=Severity.WARNING,
    what="The client prints every query in every environment.",
    why="A line for each query costs time and money where logs are paid for by size, and buries "
    "the errors that logs are read for.",
    fix='`log: process.env.NODE_ENV === "production" ? ["error"] : ["query", "warn", "error"]`',
    language="ts",
    path="lib/prisma.ts",
    bad="""\
import { PrismaClient } from "@prisma/client"

export const prisma = new PrismaClient({ log: ["query", "error"] })
""",
    good="""\
import { PrismaClient } from "@prisma/client"

const isProduction = process.env.NODE_ENV === "production"
export const prisma = new PrismaClient({ log: isProduction ? ["error"] : ["query", "error"] })
""",
    check=check,
)
