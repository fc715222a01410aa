"""What rules must not say: code that looks like the mistake and is none."""

import pytest

from forebay.doctor.registry import find_rule
from forebay.doctor.run import examine
from tests.doctor.conftest import written

NEXT = {"package.json": '{"dependencies": {"next": "16.0.0", "@prisma/client": "6.19.0"}}'}
CLIENT = {
    "lib/db.ts": 'import "server-only"\nimport { PrismaClient } from "@prisma/client"\n'
    "export const prisma = new PrismaClient()\n"
}
ACTION = '"use server"\nimport { prisma } from "@/lib/db"\nexport async function save(id: string) {'
WRITE = "await prisma.a.update({ where: { id }, data: { seen: true } })"


@pytest.mark.parametrize(
    ("code", "text"),
    [
        # The environment is asked around the client, not in its options.
        ("FD114", 'if (process.env.NODE_ENV !== "production") {\n'
                  '  held.prisma = new PrismaClient({ log: ["query"] })\n}'),
        ("FD114", 'new PrismaClient({ log: [{ level: "query", emit: "event" }] })'),
        # A call with type arguments, which the grammar reads as a call of what was awaited.
        ("FD309", "async () => { await prisma.$queryRaw<Row[]>(Prisma.sql`SELECT 1`) }"),
        ("FD309", "prisma.a.update({ where }).catch(log)"),
        ("FD309", "const work = () => prisma.a.update({ where })"),
        ("FD309", "prisma.$transaction([prisma.a.update({ where })])"),
        # Numbers, dates, names from the code.
        ("FD312", "const f = (id: number) => prisma.$queryRawUnsafe(`SELECT 1 WHERE a = ${id}`)"),
        ("FD312", "const f = (t: string) => prisma.$queryRawUnsafe(`SELECT * FROM \"${t}\"`)"),
        ("FD312", "const f = (t: string) => prisma.$queryRaw`SELECT 1 WHERE a = ${t}`"),
        ("FD312", "const f = (t: string) => prisma.$queryRawUnsafe('SELECT 1 WHERE a = $1', t)"),
        # A claim, a write after other work, a batch.
        ("FD301", "async () => { for (const row of rows) { await send(row); "
                  "await prisma.a.update({ where: { id: row.id } }) } }"),
        ("FD301", "async () => { for (const row of rows) "
                  "updates.push(prisma.a.update({ where: { id: row.id } })) }"),
        ("FD302", "prisma.$transaction(rows.map((row) => prisma.a.create({ data: row })))"),
        ("FD302", "rows.forEach((row) => { later.push(prisma.a.create({ data: row })) })"),
        # Another service, after the commit or in the background.
        ("FD303", "async () => { await prisma.$transaction(async (tx) => tx.a.count()); "
                  "await fetch(url) }"),
        ("FD303", "prisma.$transaction(async (tx) => { fetch(url); return tx.a.count() })"),
        ("FD304", "prisma.$transaction(async (prisma) => prisma.a.count())"),
        ("FD323", "async function f() { const rows = await prisma.a.findMany(); "
                  "return [rows.length, rows] }"),
        ("FD325", "async function f() { const a = await prisma.a.findUnique({}); "
                  "await prisma.b.update({ where: {}, data: { n: a.n + 1 } }) }"),
    ],
)  # fmt: skip
def test_no_mistake(finds, code, text):
    assert finds(code, {"lib/a.ts": f"// prisma\n{text}\n", **NEXT}) == []


@pytest.mark.parametrize(
    ("body", "user", "expected"),
    [
        (WRITE, "components/a.tsx", 1),
        (f"await requireUser(); {WRITE}", "components/a.tsx", 0),
        (WRITE, "lib/other.ts", 0),  # no browser code imports it: it has no address
    ],
)
def test_an_open_action_is_one_that_a_browser_can_name(finds, body, user, expected):
    directive = '"use client"\n' if user.startswith("components") else ""
    files = {
        "app/a/actions.ts": f"{ACTION} {body} }}\n",
        user: f'{directive}import {{ save }} from "@/app/a/actions"\n'
        'export const a = () => save("1")\n',
        **CLIENT,
        **NEXT,
    }
    assert len(finds("FD316", files)) == expected


def test_a_type_does_not_reach_the_browser(finds):
    files = {
        "lib/read.ts": 'import { prisma } from "@/lib/db"\n'
        "export const read = () => prisma.a.findMany({ take: 2 })\n",
        "components/a.tsx": '"use client"\nimport { read } from "@/lib/read"\n'
        "export const A = (props: { rows: Awaited<ReturnType<typeof read>> }) => <p />\n",
        **CLIENT,
        **NEXT,
    }
    files["lib/db.ts"] = files["lib/db.ts"].replace('import "server-only"\n', "")
    assert finds("FD106", files) == []
    files["components/a.tsx"] += "export const load = () => read()\n"
    assert finds("FD106", files) == ["components/a.tsx:2"]


def test_only_an_update_of_what_is_shown_leaves_it_stale(finds):
    files = {
        "app/page.tsx": 'import { prisma } from "@/lib/db"\nexport const revalidate = 60\n'
        "export default async function Page() {\n"
        "  const site = await prisma.site.findUnique({ where: { id: 1 } })\n"
        "  return <p>{site?.title}</p>\n}\n",
        "app/api/route.ts": 'import { prisma } from "@/lib/db"\nexport async function POST() {\n'
        "  await prisma.site.update({ where: { id: 1 }, data: { checkedAt: new Date() } })\n}\n",
        **CLIENT,
        **NEXT,
    }
    assert finds("FD314", files) == []
    files["app/api/route.ts"] = files["app/api/route.ts"].replace("checkedAt", "title")
    assert finds("FD314", files) == ["app/api/route.ts:3"]


@pytest.mark.parametrize(
    ("query", "missing"),
    [
        ("$allModels: { $allOperations({ args, query }) { return query({ ...args, tenantId }) } }",
         None),
        ("$allModels: { async $allOperations({ operation, args, query }) { if "
         "(['findMany', 'update'].includes(operation)) args.where = { tenantId }; "
         "return query(args) } }", "deleteMany"),
        ("a: { findMany: narrow(tenantId), update: narrow(tenantId) }", "createManyAndReturn"),
        ("a: { findMany: live('deletedAt'), delete: hide('deletedAt') }", "groupBy"),
        ("a: { findMany: trace, update: trace }", None),
        ("a: { findMany({ args, query }) { return query({ ...args, where: { tenantId } }) } }",
         None),
    ],
)  # fmt: skip
def test_an_extension_with_gaps_names_them(tmp_path, query, missing):
    repository = written(tmp_path, {"a.ts": f"prisma.$extends({{ query: {{ {query} }} }})\n"})
    found = examine([find_rule("FD310")], repository).found
    assert bool(found) is (missing is not None)
    assert all(missing in one.finding.message for one in found)


@pytest.mark.parametrize(
    ("look", "data", "is_found"),
    [
        ("{ email: body.email }", "body", True),
        ("{ email: body.email }", "{ email: body.email }", True),
        ("{ email: other.email }", "body", False),
        ("{ id: body.id }", "body", False),
        ("{ email: body.email }", "other", False),
    ],
)
def test_a_row_that_is_created_where_none_was_found(finds, look, data, is_found):
    text = (
        'import { prisma } from "@/lib/db"\nexport async function save(body: User, other: User) {\n'
        f"  const existing = await prisma.user.findFirst({{ where: {look} }})\n"
        f"  if (!existing) await prisma.user.create({{ data: {data} }})\n}}\n"
    )
    assert finds("FD324", {"lib/a.ts": text, **CLIENT, **NEXT}) == ["lib/a.ts:4"] * is_found
