"""The functions that requests call are known by place, name and directive."""

import pytest

from forebay.doctor.script.next import runs_at_edge

BODY = "{ return prisma.a.count() }"


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        ("app/api/a/route.ts", f"export async function POST() {BODY}", ["route handler `POST`"]),
        ("src/app/route.ts", f"export const GET = async () => {BODY}", ["route handler `GET`"]),
        ("app/a/route.ts", f"export const PUT = withUser(async () => {BODY})",
         ["route handler `PUT`"]),
        ("app/a/route.ts", f"const h = async () => {BODY}\nexport {{ h as DELETE }}",
         ["route handler `DELETE`"]),
        ("app/a/route.ts", f"export async function helper() {BODY}", []),
        ("app/a/actions.ts", f'"use server"\nexport async function save() {BODY}',
         ["server action `save`"]),
        ("app/a/actions.ts", f"export async function save() {BODY}", []),
        ("app/a/page.tsx", f"export default async function Page() {BODY}", ["page `default`"]),
        ("app/a/form.tsx", 'async function save() { "use server"; prisma.a.count() }',
         ["server action `save`"]),
        ("pages/api/a.ts", f"async function run() {BODY}\nexport default auth(run)",
         ["API handler `default`"]),
        ("lib/a.ts", f"exports.handler = async () => {BODY}", ["function handler `handler`"]),
        ("server.ts", f'app.post("/a", async (req, res) => {BODY})', ["request handler `post /a`"]),
        ("components/a.tsx", "export function List() { prisma.a.count(); return <p /> }",
         ["component `List`"]),
        ("lib/a.ts", f"export function list() {BODY}", []),
    ],
)  # fmt: skip
def test_entries(knows, path, text, expected):
    known = knows({path: text + "\n"})
    assert [one.label for one in known.entries_in(known.by_path[path])] == expected


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        ("app/a/route.ts", 'export const runtime = "edge"', True),
        ("app/a/route.ts", 'export const runtime = "nodejs" // not edge', False),
        ("pages/api/a.ts", 'export const config = { runtime: "edge" }', True),
        ("middleware.ts", "export function middleware() {}", True),
        ("src/middleware.ts", 'export const config = { runtime: "nodejs" }', False),
        ("lib/utils/middleware.ts", "export function middleware() {}", False),
        ("proxy.ts", "export function proxy() {}", False),
    ],
)
def test_the_edge(knows, path, text, expected):
    known = knows({path: text + "\n// prisma\n"})
    assert (runs_at_edge(known.by_path[path]) is not None) is expected
