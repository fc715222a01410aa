"""A client that outlives the function around it is told from one that does not."""

import pytest

from forebay.doctor.script.builds import clients_built_in, pools_built_in
from forebay.doctor.script.pools import pools_in


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("export const prisma = new PrismaClient()", False),
        ("const make = () => new PrismaClient().$extends({})", False),
        ("function make() { return new PrismaClient() }", False),
        ("function make() { const made = new PrismaClient(); return made.$extends({}) }", False),
        ("function get() { if (!held.db) held.db = new PrismaClient(); return held.db }", False),
        ("function get() { const db = new PrismaClient(); globalThis.db = db }", False),
        ("function get() { const a = new Pool(); return new PrismaClient({ adapter: a }) }", False),
        ("class Service { private db = new PrismaClient() }", False),
        ("class Service { constructor() { this.db = new PrismaClient() } }", False),
        ("async function main() { const db = new PrismaClient() }", False),
        ("async function sync() { const db = new PrismaClient() }\nsync()", False),
        ("export async function GET() { const db = new PrismaClient(); return db.a.count() }",
         True),
        ("export const list = async () => { const db = new PrismaClient(); await db.a.count() }",
         True),
        ("async function list() { await new PrismaClient().a.count() }", True),
    ],
)  # fmt: skip
def test_a_client_per_call(knows, text, expected):
    known = knows({"a.ts": text + "\n"})
    (build,) = clients_built_in(known.by_path["a.ts"])
    assert build.is_per_call is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('import { Pool } from "pg"\nnew Pool({ max: 20 })', [20]),
        ('import pg from "pg"\nnew pg.Pool({})', [None]),
        ('import postgres from "postgres"\npostgres(url, { max: 1_0 })', [10]),
        ('import { Pool } from "generic-pool" // pg\nnew Pool({ max: 20 })', []),
        ('import type { Pool } from "pg"\nnew Pool({ max: 20 })', []),
        ('import { PrismaPg } from "@prisma/adapter-pg"\nnew PrismaPg({ max: 3 })', [3]),
        ('import { PrismaPg } from "@prisma/adapter-pg"\nnew PrismaPg(pool)', []),
    ],
)
def test_sizes_of_pools(knows, text, expected):
    known = knows({"a.ts": text + "\n// prisma\n"})
    assert [pool.number for pool in pools_in(known.by_path["a.ts"])] == expected


def test_options_that_are_elsewhere_are_not_known(knows):
    known = knows({"a.ts": 'import { Pool } from "pg"\nnew Pool({ ...options })\n'})
    (pool,) = pools_in(known.by_path["a.ts"])
    assert not pool.is_known
    assert len(list(pools_built_in(known.by_path["a.ts"]))) == 1
