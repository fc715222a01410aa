"""An extension that filters by tenant, or hides what is deleted, in some operations only."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tree_sitter import Node

from forebay.doctor.finding import Finding
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule, Severity
from forebay.doctor.script.knowledge import knowledge_of
from forebay.doctor.script.nodes import descendants, unwrap
from forebay.doctor.script.prisma import OPERATIONS, READS
from forebay.doctor.script.script import Script, properties, string_value, text_of

_TENANT = re.compile(
    r"\b(tenant|organi[sz]ation|org|workspace|team|company|account|customer)_?Id\b", re.IGNORECASE
)
_DELETED = re.compile(r"\b(deletedAt|deleted_at|isDeleted|is_deleted|deleted)\b")
_ORDER = (
    "findUnique", "findUniqueOrThrow", "findFirst", "findFirstOrThrow", "findMany", "count",
    "aggregate", "groupBy", "create", "createMany", "createManyAndReturn", "update", "updateMany",
    "updateManyAndReturn", "upsert", "delete", "deleteMany",
)  # fmt: skip
# What a soft delete has to see to: every read, and what deletes.
_HIDING = READS | {"delete", "deleteMany"}


def check(repository: Repository) -> Iterator[Finding]:
    """Find `query` components of `$extends` whose list of operations has gaps."""
    for script in knowledge_of(repository).scripts:
        if "$extends" not in script.file.text and "defineExtension" not in script.file.text:
            continue
        for call in script.calls:
            if call.last not in ("$extends", "defineExtension"):
                continue
            for given in call.arguments:
                for shape in _shapes(given):
                    query = properties(shape).get("query")
                    for model in properties(unwrap(query)).values():
                        yield from _of_model(script, model)


def _shapes(given: Node) -> Iterator[Node]:
    value = unwrap(given)
    if value is not None and value.type == "object":
        yield value
    elif value is not None:
        for one in descendants(value, "object"):
            if "query" in properties(one):
                yield one
                return


def _of_model(script: Script, model: Node) -> Iterator[Finding]:
    given = properties(unwrap(model))
    text = text_of(model)
    every = given.get("$allOperations")
    covered = {name for name in given if name in OPERATIONS}
    place = model
    if every is not None:
        covered = {
            name
            for one in descendants(every, "string")
            if (name := string_value(one) or "") in OPERATIONS
        }
        place = every
        if re.search(r"!==?\s*['\"]|default\s*:|\belse\s*\{", text_of(every)):
            return  # what it says applies to all but some
    if len(covered) < 2:
        return
    if _TENANT.search(text):
        kind, wanted, word = "the tenant", OPERATIONS, _TENANT.search(text)
    elif _DELETED.search(text):
        kind, wanted, word = "what is deleted", _HIDING, _DELETED.search(text)
    else:
        return
    missing = [name for name in _ORDER if name in wanted and name not in covered]
    if missing and word is not None:
        yield Finding(
            f"this extension minds {kind} (`{word[0]}`) in {len(covered)} operations and leaves "
            f"out {', '.join(missing)}",
            script.span(place),
        )


RULE = Rule(
    code="FD310",
    name="extension-incomplete",
    severity=Severity.ERROR,
    what="An extension for tenants or soft deletes leaves operations out.",
    why="What is not listed runs as it is written. A `deleteMany` that nobody thought of deletes "
    "every tenant's rows: leaks of that kind have happened.",
    fix="use `$allOperations`, and refuse what the extension does not know; or list every "
    "operation, the bulk ones and those with OrThrow and AndReturn included",
    language="ts",
    bad="""\
import { prisma } from "@/lib/prisma"

export const forTenant = (tenantId: string) =>
  prisma.$extends({
    query: {
      $allModels: {
        findMany({ args, query }) {
          return query({ ...args, where: { ...args.where, tenantId } })
        },
        update({ args, query }) {
          return query({ ...args, where: { ...args.where, tenantId } })
        },
      },
    },
  })
""",
    good="""\
import { prisma } from "@/lib/prisma"

export const forTenant = (tenantId: string) =>
  prisma.$extends({
    query: {
      $allModels: {
        $allOperations({ operation, args, query }) {
          return query(withTenant(operation, args, tenantId))
        },
      },
    },
  })
""",
    check=check,
)
