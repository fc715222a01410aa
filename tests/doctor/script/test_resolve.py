"""Imports lead to the files that the bundler would take."""

import pytest

from forebay.doctor.script.resolve import read_json

FILES = {
    "tsconfig.json": '{\n  // Names for folders.\n  "compilerOptions": {"paths": {"#db": '
    '["./packages/db/src/client.ts"], "lib/*": ["./lib/*"],}},\n}\n',
    "apps/web/tsconfig.json": '{"compilerOptions": {"baseUrl": ".", '
    '"paths": {"@/*": ["./src/*"]}}}',
    "apps/web/package.json": '{"name": "web"}',
    "apps/web/src/lib/db.ts": "export const prisma = new PrismaClient()",
    "apps/web/src/lib/index.ts": "export const prisma = 1",
    "apps/web/app/page.tsx": "const prisma = 1",
    "packages/db/package.json": '{"name": "@shop/db"}',
    "packages/db/src/index.ts": "export const prisma = 1",
    "packages/db/src/client.ts": "export const prisma = 1",
    "lib/dates.ts": "export const prisma = 1",
}


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("@/lib/db", "apps/web/src/lib/db.ts"),
        ("@/lib", "apps/web/src/lib/index.ts"),
        ("../src/lib/db", "apps/web/src/lib/db.ts"),
        ("../src/lib/db.js", "apps/web/src/lib/db.ts"),
        ("@shop/db", "packages/db/src/index.ts"),
        ("@shop/db/client", "packages/db/src/client.ts"),
        ("#db", "packages/db/src/client.ts"),
        ("lib/dates", "lib/dates.ts"),
        ("react", None),
        ("@/lib/none", None),
        ("@shop/dbx", None),
    ],
)
def test_an_import_leads_to_its_file(knows, source, expected):
    known = knows(FILES)
    page = known.repository.file("apps/web/app/page.tsx")
    found = known.modules.file(page, source)
    assert (found.path if found else None) == expected


def test_an_address_in_a_string_is_no_comment():
    assert read_json('{"a": "http://x", /* b */ "c": [1,],}') == {"a": "http://x", "c": [1]}


def test_what_is_no_object_is_an_empty_one():
    assert read_json("[1]") == read_json("{") == {}
