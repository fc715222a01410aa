"""What the writes of a loop are told to become, by database; and loops too short to count."""

import pytest

from forebay.doctor.registry import find_rule
from forebay.doctor.run import examine
from tests.doctor.conftest import written

UPDATE = "prisma.a.update({ where: { id: row.id }, data: { n: row.n } })"
UPSERT = "prisma.a.upsert({ where: { id: row.id }, create: { id: row.id }, update: %s })"


def schema(provider: str) -> str:
    return (
        f'datasource db {{\n  provider = "{provider}"\n  url = env("URL")\n}}\n'
        'generator client {\n  provider = "prisma-client-js"\n}\n'
    )


@pytest.mark.parametrize(
    ("provider", "query", "said", "unsaid"),
    [
        ("postgresql", UPDATE, "UPDATE … FROM (VALUES …)", "CASE"),
        ("mysql", UPDATE, "CASE", "VALUES"),
        ("mongodb", UPDATE, "`updateMany`; cut", "UPDATE"),
        ("postgresql", UPSERT % "{}", "skipDuplicates: true })`", "updateMany"),
        ("postgresql", UPSERT % "{ seen: true }", "then one `updateMany`", "ON CONFLICT"),
        ("postgresql", UPSERT % "{ n: row.n }", "ON CONFLICT DO UPDATE", "updateMany"),
        ("mysql", UPSERT % "{ n: row.n }", "ON DUPLICATE KEY UPDATE", "ON CONFLICT"),
        ("mongodb", UPSERT % "{}", "nested upserts", "raw"),
    ],
)
@pytest.mark.parametrize(
    ("code", "around"),
    [
        ("FD301", "async () => {{ for (const row of rows) await {} }}"),
        ("FD302", "Promise.all(rows.map((row) => {}))"),
    ],
)
def test_the_help_fits_the_database(tmp_path, provider, query, said, unsaid, code, around):
    files = {
        "prisma/schema.prisma": schema(provider),
        "lib/a.ts": f"// prisma\nexport const a = {around.format(query)}\n",
    }
    found = examine([find_rule(code)], written(tmp_path, files)).found
    assert len(found) == 1
    told = found[0].finding.help or ""
    assert said in told
    assert unsaid not in told


LOOP = "for (const row of some) await " + UPDATE


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"for (const some of chunk(rows, 20)) {{ {LOOP} }}", 0),
        (f"for (const some of chunk(rows, 500)) {{ {LOOP} }}", 1),
        (f"for (let i = 0; i < n; i += 10) {{ const some = rows.slice(i, i + 10); {LOOP} }}", 0),
        (f"for (let i = 0; i < n; i += 99) {{ const some = rows.slice(i, i + 99); {LOOP} }}", 1),
        (f"const few = 5; const some = rows.slice(0, few); {LOOP}", 0),
        (f"const some = rows.slice(5); {LOOP}", 1),
        ("for (const part of chunk(rows, 20)) { const some = []; "
         f"for (const one of part) some.push(one); {LOOP} }}", 0),
        ("const some = []; for (const part of chunk(rows, 20)) { "
         f"for (const one of part) some.push(one) }} {LOOP}", 1),
        ("for (const part of chunk(rows, 20)) { const some = []; "
         f"for (const one of part) some.push(...one.all); {LOOP} }}", 1),
        (f"const some = []; for (const one of rows) some.push(one); {LOOP}", 1),
    ],
)  # fmt: skip
def test_a_small_array_is_no_finding(finds, text, expected):
    files = {"lib/a.ts": f"// prisma\nexport const a = async () => {{ {text} }}\n"}
    assert len(finds("FD301", files)) == expected
