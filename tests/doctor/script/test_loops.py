"""Loops over rows are told from loops over batches, tries and lists in the code."""

import pytest

from forebay.doctor.script.loops import loop_around


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("for (const row of rows) { await prisma.a.update({ where: { id: row.id } }) }", ""),
        ("for (const { id } of rows) { await prisma.a.delete({ where: { id } }) }", ""),
        ("for (const row of rows) { const id = row.id; await prisma.a.count({ where: { id } }) }",
         ""),
        ("rows.map((row) => prisma.a.count({ where: { id: row.id } }))", "map"),
        ("rows.forEach(async (row) => { await prisma.a.delete({ where: { id: row } }) })",
         "forEach"),
        ("rows.filter(Boolean).map((row) => prisma.a.count({ where: { id: row.id } }))", "map"),
    ],
)  # fmt: skip
def test_a_loop_over_rows(knows, text, expected):
    known = knows({"a.ts": f"async function run(rows: Row[]) {{ {text} }}\n"})
    loop = loop_around(known.queries[0].node)
    assert loop is not None
    assert loop.method == expected


@pytest.mark.parametrize(
    "text",
    [
        "for (const batch of rows) { await prisma.a.createMany({ data: batch }) }",
        "for (const row of ['a', 'b']) { await prisma.a.count({ where: { id: row } }) }",
        "for (const row of KINDS) { await prisma.a.count({ where: { id: row } }) }",
        "const known = KINDS.map(f); known.map((k) => prisma.a.count({ where: { k } }))",
        "for (const row of rows) { await prisma.a.count() }",
        "for (const row of rows) { try { f(row) } catch { await prisma.a.create({ data: row }) } }",
        "for (const row of await prisma.a.findMany({ where: { id: row } })) { f(row) }",
        "rows.map((row) => later(() => prisma.a.count({ where: { id: row } })))",
        "while (await prisma.a.count({ where: { slug } })) slug = next(slug)",
        "for (let i = 0; i < 3; i++) { await prisma.a.count({ where: { i } }) }",
    ],
)
def test_no_loop_over_rows(knows, text):
    known = knows({"a.ts": f"async function run(rows: Row[]) {{ {text} }}\n"})
    assert loop_around(known.queries[0].node) is None
