"""Interactive transactions that state neither how long they may wait nor how long they may run."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from forebay.doctor.finding import Finding, Note
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule, Severity
from forebay.doctor.script.knowledge import knowledge_of
from forebay.doctor.script.prisma import Transaction
from forebay.doctor.script.script import Script


def check(repository: Repository) -> Iterator[Finding]:
    """Find interactive transactions without options, once a package with their number."""
    known = knowledge_of(repository)
    without: dict[str, list[Transaction]] = defaultdict(list)
    stated = {
        _folder(repository, script)
        for script in known.scripts
        if "transactionOptions" in script.file.text
    }
    for one in known.transactions:
        folder = _folder(repository, one.script)
        if one.body is None or len(one.call.arguments) > 1 or folder in stated:
            continue
        if known.provider_of(one.script) == "mongodb":
            continue  # its driver waits for a connection by limits of its own
        taken = one.script.imports.get(one.call.names[0])
        file = known.modules.file(one.script.file, taken.source) if taken is not None else None
        if file is None or _folder(repository, known.by_path.get(file.path)) not in stated:
            without[folder].append(one)
    for found in without.values():
        first, *more = found
        count = f" (and {len(more)} more in this package)" if more else ""
        yield Finding(
            f"this transaction states no `maxWait` and no `timeout`{count}",
            first.script.span(first.call.node),
            notes=tuple(Note("another", one.script.span(one.call.node)) for one in more[:3]),
        )


def _folder(repository: Repository, script: Script | None) -> str:
    package = repository.package_of(script.file) if script is not None else None
    return package.folder if package is not None else ""


RULE = Rule(
    code="FD305",
    name="transaction-without-limits",
    severity=Severity.NOTE,
    what="Interactive transactions rely on Prisma's limits.",
    why="Unsaid, a transaction waits two seconds for a connection and is cut off after five: under "
    "load the first fails where a little patience would do, and nobody knows the second.",
    fix="state them where the client is built (`transactionOptions: { maxWait: 5000, timeout: "
    "10000 }`) or at the call",
    language="ts",
    bad="""\
import { prisma } from "@/lib/prisma"

export const touch = (id: string) =>
  prisma.$transaction(async (tx) => {
    const post = await tx.post.findUniqueOrThrow({ where: { id } })
    await tx.post.update({ where: { id }, data: { slug: post.title } })
  })
""",
    good="""\
import { prisma } from "@/lib/prisma"

export const touch = (id: string) =>
  prisma.$transaction(
    async (tx) => {
      const post = await tx.post.findUniqueOrThrow({ where: { id } })
      await tx.post.update({ where: { id }, data: { slug: post.title } })
    },
    { maxWait: 5000, timeout: 10000 },
  )
""",
    check=check,
)
