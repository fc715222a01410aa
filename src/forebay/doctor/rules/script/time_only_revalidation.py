"""Kept reads that nothing but time throws away, of rows that the application itself writes."""

from __future__ import annotations

from collections.abc import Iterator

from forebay.doctor.finding import Finding, Note
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule, Severity
from forebay.doctor.script.caches import all_kept
from forebay.doctor.script.knowledge import knowledge_of


def check(repository: Repository) -> Iterator[Finding]:
    """Find kept reads without tags of models that the same package writes."""
    known = knowledge_of(repository)
    for kept in all_kept(known):
        package = repository.package_of(kept.script.file)
        writes = [
            query
            for query in known.queries
            if query.is_write
            and query.model in kept.models
            and repository.package_of(query.script.file) == package
        ]
        if kept.has_tags or not writes:
            continue
        own = [one for one in known.scripts if repository.package_of(one.file) == package]
        if kept.how not in ("unstable_cache", "use cache") and any(
            "revalidatePath" in one.file.text for one in own
        ):
            continue
        read = next(one for one in kept.queries if one.model == writes[0].model)
        yield Finding(
            f"`{read.name}` is kept by `{kept.how}` without a tag: what is written meanwhile shows "
            "when the time is up",
            kept.script.span(read.node),
            notes=(Note("it is written here", writes[0].script.span(writes[0].node)),),
        )


RULE = Rule(
    code="FD315",
    name="time-only-revalidation",
    severity=Severity.NOTE,
    what="A cached read expires by time alone, though the application knows when it changes.",
    why="A short time asks all day for nothing new, a long one shows old rows: readers of one site "
    "saw news that were half an hour old.",
    fix="give the read a tag, and call `revalidateTag` with it after each write",
    language="ts",
    path="lib/posts.ts",
    bad="""\
import { unstable_cache } from "next/cache"
import { prisma } from "@/lib/prisma"

export const posts = unstable_cache(() => prisma.post.findMany({ take: 20 }), ["posts"], {
  revalidate: 1800,
})
""",
    good="""\
import { unstable_cache } from "next/cache"
import { prisma } from "@/lib/prisma"

export const posts = unstable_cache(() => prisma.post.findMany({ take: 20 }), ["posts"], {
  revalidate: 1800,
  tags: ["posts"],
})
""",
    files={
        "app/actions.ts": '"use server"\nimport { prisma } from "@/lib/prisma"\n\n'
        "export async function rename(id: string, title: string) {\n"
        "  await prisma.post.update({ where: { id }, data: { title } })\n}\n"
    },
    check=check,
)
