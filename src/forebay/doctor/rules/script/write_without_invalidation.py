"""A write whose readers go on seeing what was before."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from forebay.doctor.finding import Finding, Note
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule, Severity
from forebay.doctor.script.caches import INVALIDATES, Kept, all_kept, shows
from forebay.doctor.script.knowledge import knowledge_of
from forebay.doctor.script.next import Entry, Kind
from forebay.doctor.script.prisma import Query


def check(repository: Repository) -> Iterator[Finding]:
    """Find actions and handlers that write a model whose reads are kept, and throw none away."""
    known = knowledge_of(repository)
    kept = all_kept(known)
    if not kept:
        return
    stale: dict[tuple[str, str], list[tuple[Query, Entry, Kept, Query]]] = defaultdict(list)
    for script in known.scripts:
        seen = set()
        for query in known.queries_in(script):
            entry = known.entry_of(script, query.node) if query.is_write else None
            if entry is None or entry.kind not in (Kind.ACTION, Kind.ROUTE, Kind.API):
                continue
            reader = next(
                ((one, read) for one in kept for read in one.queries if shows(read, query)), None
            )
            if reader is None or entry.node.id in seen or INVALIDATES.search(entry.text):
                continue
            package, other = (repository.package_of(one.file) for one in (script, reader[0].script))
            if package == other:
                seen.add(entry.node.id)
                key = (reader[0].script.file.path, query.model)
                stale[key].append((query, entry, *reader))
    for found in stale.values():
        query, entry, region, read = found[0]
        also = f", as {len(found) - 1} more do" if len(found) > 1 else ""
        yield Finding(
            f"{entry.label} writes `{query.model}` and throws no kept read of it away{also}",
            query.script.span(query.node),
            notes=(
                Note(f"kept here by `{region.how}`", region.script.span(read.node)),
                *(Note("another", one[0].script.span(one[0].node)) for one in found[1:4]),
            ),
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
