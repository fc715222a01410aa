"""A write whose readers go on seeing what was before."""

from __future__ import annotations

from collections.abc import Iterator

from forebay.doctor.finding import Finding, Note
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule, Severity
from forebay.doctor.script.caches import INVALIDATES, all_kept, shows
from forebay.doctor.script.knowledge import knowledge_of
from forebay.doctor.script.next import Kind


def check(repository: Repository) -> Iterator[Finding]:
    """Find actions and handlers that write a model whose reads are kept, and throw none away."""
    known = knowledge_of(repository)
    kept = all_kept(known)
    if not kept:
        return
    for script in known.scripts:
        seen = set()
        for query in known.queries_in(script):
            entry = known.entry_of(script, query.node) if query.is_write else None
            if entry is None or entry.kind not in (Kind.ACTION, Kind.ROUTE, Kind.API):
                continue
            found = next(
                ((one, read) for one in kept for read in one.queries if shows(read, query)), None
            )
            if found is None or entry.node.id in seen or INVALIDATES.search(entry.text):
                continue
            reader, read = found
            package, other = (repository.package_of(one.file) for one in (script, reader.script))
            if package != other:
                continue
            seen.add(entry.node.id)
            yield Finding(
                f"{entry.label} writes `{query.model}` and throws no kept read of it away",
                script.span(query.node),
                notes=(Note(f"kept here by `{reader.how}`", reader.script.span(read.node)),),
            )


RULE = Rule(
    code="FD314",
    name="write-without-invalidation",
    severity=Severity.WARNING,
    what="A mutation does not invalidate the cached reads of what it writes.",
    why="The writer sees the old state at the next page, and saves it again or twice; other "
    "readers see it until the cache's time is up.",
    fix="after the commit call `updateTag` or `revalidateTag` with the read's tag, or "
    "`revalidatePath`",
    language="ts",
    path="app/actions.ts",
    bad="""\
"use server"
import { prisma } from "@/lib/prisma"
import { requireEditor } from "@/lib/session"

export async function rename(id: string, title: string) {
  await requireEditor()
  await prisma.post.update({ where: { id }, data: { title } })
}
""",
    good="""\
"use server"
import { updateTag } from "next/cache"
import { prisma } from "@/lib/prisma"
import { requireEditor } from "@/lib/session"

export async function rename(id: string, title: string) {
  await requireEditor()
  await prisma.post.update({ where: { id }, data: { title } })
  updateTag("posts")
}
""",
    files={
        "lib/posts.ts": 'import { unstable_cache } from "next/cache"\n'
        'import { prisma } from "@/lib/prisma"\n\nexport const posts = unstable_cache(\n'
        '  () => prisma.post.findMany({ take: 20 }),\n  ["posts"],\n  { tags: ["posts"] },\n)\n'
    },
    check=check,
)
