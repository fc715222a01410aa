"""Calls of a Prisma client are told from calls that only look like them."""

import pytest

from forebay.doctor.script.knowledge import Knowledge

MODULE = 'import { PrismaClient } from "@prisma/client"\nexport const store = new PrismaClient()\n'
PACKAGE = '{"dependencies": {"@prisma/client": "6.19.0"}}'


def names(known: Knowledge) -> list[str]:
    return [query.name for query in known.queries_in(known.by_path["a.ts"])]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("await prisma.user.findMany()", ["prisma.user.findMany"]),
        ("await this.prisma.user.create({})", ["this.prisma.user.create"]),
        ("await this.prismaService.user.delete({})", ["this.prismaService.user.delete"]),
        ("await ctx.db.user.findUnique({}) // prisma", ["ctx.db.user.findUnique"]),
        ("await getPrisma().user.count()", ["getPrisma().user.count"]),
        ('import { store } from "./store"\nawait store.user.upsert({})', ["store.user.upsert"]),
        ("const f = (c: PrismaClient) => c.user.update({})", ["c.user.update"]),
        ("prisma.$transaction(async (step) => { await step.user.update({}) })",
         ["step.user.update"]),
        ("await prisma.$queryRaw`SELECT 1`", ["prisma.$queryRaw"]),
        ("const one = new PrismaClient()\none.user.count()", ["one.user.count"]),
        # What only looks like one.
        ('import { store } from "./other"\nawait store.user.count() // prisma', []),
        ("await stripe.customers.create({}) // prisma", []),
        ("await db.query.users.findMany() // prisma", []),
        ("cache.items.delete(1) // prisma", []),
        ("await prisma.user.findEvery()", []),
        ("map.delete(prisma)", []),
    ],
)  # fmt: skip
def test_calls_of_a_client(knows, text, expected):
    known = knows(
        {
            "a.ts": text,
            "store.ts": MODULE,
            "other.ts": "export const store = 1 // prisma",
            "package.json": PACKAGE,
        }
    )
    assert names(known) == expected


def test_a_client_that_is_handed_on_is_one(knows):
    known = knows(
        {
            "lib/index.ts": 'export { store } from "./store"\n',
            "lib/store.ts": MODULE,
            "a.ts": 'import { store } from "./lib"\nstore.user.count() // prisma\n',
        }
    )
    assert names(known) == ["store.user.count"]


def test_drizzle_is_none(knows):
    text = 'import { eq } from "drizzle-orm"\nawait db.users.findMany()\n'
    assert names(knows({"a.ts": text + "// lib/db", "package.json": PACKAGE})) == []


def test_transactions(knows):
    known = knows(
        {
            "a.ts": "prisma.$transaction(async (tx) => 1, { timeout: 5 })\n"
            "prisma.$transaction(rows.map((row) => prisma.a.create({ data: row })))\n"
            "prisma.$transaction(async () => 2)\n"
        }
    )
    found = known.transactions
    assert [one.client for one in found] == ["tx", "", ""]
    assert [one.body is not None for one in found] == [True, False, True]
    assert list(found[0].options) == ["timeout"]


@pytest.mark.parametrize(
    "path",
    ["prisma/seed.ts", "scripts/a.ts", "a.test.ts", "examples/a.ts", "src/generated/prisma/a.ts"],
)
def test_what_does_not_run_in_production_is_left_out(knows, path):
    assert knows({path: "prisma.user.count()\n"}).scripts == ()


def test_a_program_that_a_person_runs_is_left_out(knows):
    text = "const prisma = new PrismaClient()\nprisma.user.count().finally(() => process.exit())\n"
    assert knows({"fix.ts": text}).scripts == ()


def test_a_module_is_no_such_program(knows):
    text = "export const prisma = new PrismaClient()\nprocess.on('exit', () => process.exit())\n"
    assert len(knows({"db.ts": text}).scripts) == 1
