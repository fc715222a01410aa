"""What applications that the doctor met later write: missed, or found where there was nothing."""

import pytest

from tests.doctor.script.test_field import BROWSER, BUILD, DB, NEXT, action

TRPC = (
    'import { initTRPC } from "@trpc/server"\nconst t = initTRPC.create()\n'
    "export const router = t.router\nexport const publicProcedure = t.procedure%s\n"
)
ROUTER = (
    'import { prisma } from "@/lib/db"\nimport { router, publicProcedure, protectedProcedure }'
    ' from "@/lib/trpc"\nexport const posts = router({\n  %s: %s.input(shape)%s(async '
    "({ input%s }) => {\n    %sawait prisma.post.%s\n  }),\n})\n"
)
WRITE = "delete({ where: { id: input.id } })"


def routed(
    name: str = "remove",
    base: str = "publicProcedure",
    ends: str = ".mutation",
    also: str = "",
    first: str = "",
    asks: str = WRITE,
    made: str = "",
) -> dict[str, str]:
    router = ROUTER % (name, base, ends, also, first, asks)
    return {**NEXT, **DB, "lib/trpc.ts": TRPC % made, "lib/posts.ts": router}


class TestProcedures:
    @pytest.mark.parametrize(
        ("given", "found"),
        [
            ({}, ["lib/posts.ts:5"]),
            ({"base": "protectedProcedure"}, []),
            ({"ends": ".use(guard).mutation"}, []),
            ({"ends": ".query"}, []),
            ({"name": "register"}, []),
            ({"also": ", ctx", "first": "if (!ctx.session) throw refused()\n    "}, []),
            ({"made": ".use(isAuthed)"}, []),
            ({"made": ".use(timing)"}, ["lib/posts.ts:5"]),
        ],
    )
    def test_a_mutation_that_lets_everybody_in(self, finds, given, found):
        assert finds("FD316", routed(**given)) == found

    @pytest.mark.parametrize(
        ("asks", "found"),
        [("findMany()", 1), ("findMany({ take: 20 })", 0), ("findMany({ where: { id } })", 0)],
    )
    def test_a_procedure_that_reads_a_table(self, finds, asks, found):
        assert len(finds("FD320", routed(ends=".query", asks=asks))) == found


REPO = {"lib/repo.ts": action("await prisma.post.create({ data })", "data: any")}


class TestCallersOfActions:
    @pytest.mark.parametrize(
        ("call", "found"),
        [
            ("export async function make(input: any) {\n  return save(input)\n}\n", 1),
            ("export async function make(input: any) {\n"
             "  return save({ title: input.title })\n}\n", 0),
            ("export async function make(input: any) {\n  const row = { title: 'a' }\n"
             "  return save(row)\n}\n", 0),
            ("export const make = save\n", 1),
        ],
    )  # fmt: skip
    def test_an_action_that_no_browser_has(self, finds, call, found):
        caller = f'"use server"\nimport {{ save }} from "@/lib/repo"\n{call}'
        assert len(finds("FD317", {**NEXT, **DB, **REPO, "app/make.ts": caller})) == found

    def test_a_caller_without_a_query(self, finds):
        head = 'import { save } from "@/lib/repo"\nexport async function POST(r) {\n'
        for call, found in (("save({ title: 'a' })", 0), ("save(await r.json())", 1)):
            files = {**NEXT, **DB, **REPO, "app/api/a/route.ts": f"{head}  await {call}\n}}\n"}
            assert len(finds("FD317", files)) == found

    def test_an_action_that_a_browser_has(self, finds):
        client = (
            '"use client"\nimport { save } from "@/lib/repo"\nexport const A = () => save({})\n'
        )
        assert len(finds("FD317", {**NEXT, **DB, **REPO, "app/a.tsx": client})) == 1


class TestHandlersDeclaredBeforeTheirExport:
    HANDLER = (
        'import {{ prisma }} from "@/lib/db"\nconst handler = withRole("user", async (req, res) => '
        "{{\n  const {{ name }} = req.body\n  {}\n  await prisma.user.update({{ "
        "where: {{ id: 1 }}, data: {{ name }} }})\n}})\nexport default handler\n"
    )

    @pytest.mark.parametrize(
        ("looked", "found"),
        [("", 1), ("if (!isValidName(name)) return res.status(400).end()", 0),
         ("checkName(name)", 0), ("const all = shape.parse(req.body)", 0)],
    )  # fmt: skip
    def test_what_looks_at_a_value(self, finds, looked, found):
        files = {**NEXT, **DB, "pages/api/name.ts": self.HANDLER.format(looked)}
        assert len(finds("FD317", files)) == found


class TestMiddleware:
    ROUTE = (
        'import { prisma } from "@/lib/db"\nexport async function POST(r: Request) {\n'
        "  const { id } = await r.json()\n"
        "  await prisma.booking.update({ where: { id }, data: { a: 1 } })\n"
        "  return Response.json({})\n}\n"
    )
    GUARD = (
        'import { clerkMiddleware, createRouteMatcher } from "@clerk/nextjs/server"\n'
        "const %s = createRouteMatcher([%s])\nexport default clerkMiddleware((auth, req) => {\n"
        "  if (is(req)) auth().protect()\n})\n"
    )

    @pytest.mark.parametrize(
        ("name", "routes", "found"),
        [
            ("isProtected", "'/admin(.*)'", 1),
            ("isProtected", "'/admin(.*)', '/api(.*)'", 0),
            ("isProtected", "'/(.*)'", 0),
            ("isPublicRoute", "'/about'", 0),
        ],
    )
    def test_which_routes_it_guards(self, finds, name, routes, found):
        guard = {"middleware.ts": self.GUARD % (name, routes)}
        files = {**NEXT, **DB, **guard, "app/api/bookings/route.ts": self.ROUTE}
        assert len(finds("FD316", files)) == found


class TestClients:
    def test_a_client_that_a_method_of_a_class_hands_out(self, finds):
        held = (
            'import { PrismaClient } from "@prisma/client"\nexport default class Database {\n'
            "  static one: PrismaClient\n  static instance() {\n"
            "    return (this.one ??= new PrismaClient())\n  }\n}\n"
        )
        page = (
            'import Database from "lib/Database"\nexport default async function Page() {\n'
            "  return await Database.instance().script.findMany()\n}\n"
        )
        base = {"tsconfig.json": '{"compilerOptions": {"baseUrl": "."}}'}
        files = {**NEXT, **base, "lib/Database.ts": held, "app/page.tsx": page}
        assert finds("FD320", files) == ["app/page.tsx:3"]

    def test_a_second_client_that_is_only_handed_to_an_adapter(self, finds):
        built = 'import { PrismaClient } from "@prisma/client"\nconst prisma = new PrismaClient()\n'
        adapted = built + "export const options = { adapter: PrismaAdapter(prisma) }\n"
        asks = {"lib/a.ts": 'import { prisma } from "@/lib/db"\nprisma.post.count()\n'}
        files = {**NEXT, "lib/db.ts": BUILD, **asks}
        assert len(finds("FD102", {**files, "lib/auth.ts": adapted})) == 1
        assert finds("FD102", {**files, "lib/auth.ts": f"{built}export const a = 1\n"}) == []


class TestCounting:
    SCHEMA = (
        'datasource db {{\n  provider = "postgresql"\n}}\nmodel Comment {{\n  id Int @id\n'
        "  slug String{}\n}}\n"
    )

    @pytest.mark.parametrize(
        ("where", "unique", "found"),
        [
            ("id: input.id, mine: true", "", 0),
            ("id", "", 0),
            ("id: { in: ids }", "", 1),
            ("slug", " @unique", 0),
            ("slug", "", 1),
        ],
    )
    def test_a_key_has_one_row_at_the_most(self, finds, where, unique, found):
        text = (
            'import { prisma } from "@/lib/db"\nexport async function has(input, id, slug, ids) {\n'
            f"  const rows = await prisma.comment.findMany({{ where: {{ {where} }} }})\n"
            "  if (rows.length === 0) throw new Error()\n}\n"
        )
        schema = {"prisma/schema.prisma": self.SCHEMA.format(unique)}
        assert len(finds("FD323", {**NEXT, **DB, **schema, "lib/a.ts": text})) == found


class TestPaths:
    @pytest.mark.parametrize(
        ("files", "source"),
        [
            ({"tsconfig.json": '{"compilerOptions": {"baseUrl": "src"}}'}, "db/client"),
            ({"tsconfig.json": '{"extends": "./paths", "compilerOptions": {"baseUrl": "src"}}',
              "paths.json": '{"compilerOptions": {"paths": {"@db/*": ["db/*"]}}}'}, "@db/client"),
            ({"tsconfig.json": '{"extends": "./base.json"}',
              "base.json": '{"compilerOptions": {"baseUrl": "src"}}'}, "db/client"),
        ],
    )  # fmt: skip
    def test_what_a_configuration_says_of_names(self, knows, files, source):
        known = knows({**NEXT, **files, "src/db/client.ts": BUILD, **BROWSER})
        importer = known.repository.file("app/like.tsx")
        found = known.modules.file(importer, source)
        assert found is not None
        assert found.path == "src/db/client.ts"
        assert known.modules.file(importer, "react") is None
