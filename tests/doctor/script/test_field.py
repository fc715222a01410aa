"""What real applications write: each of these was missed, or found where there was nothing."""

import pytest

from forebay.doctor.registry import find_rule
from forebay.doctor.run import examine
from tests.doctor.conftest import written

NEXT = {"package.json": '{"dependencies": {"next": "16.0.0", "@prisma/client": "6.19.0"}}'}
BUILD = 'import { PrismaClient } from "@prisma/client"\nexport const prisma = new PrismaClient()\n'
DB = {"lib/db.ts": 'import "server-only"\n' + BUILD}
PAGE = {"app/page.tsx": "export default function Page() {\n  return <main />\n}\n"}
BROWSER = {"app/like.tsx": '"use client"\nexport const Like = () => <button>Like</button>\n'}
HELD = (
    'import { PrismaClient } from "@prisma/client"\n'
    "const held = globalThis as unknown as { prisma?: PrismaClient }\n"
    "export const prisma = held.prisma ?? new PrismaClient()\n"
    'if (process.env.NODE_ENV %s "production") held.prisma = prisma\n'
)


def action(body: str, arguments: str = "id: string, data: any") -> str:
    return (
        '"use server"\nimport { revalidatePath } from "next/cache"\n'
        f'import {{ prisma }} from "@/lib/db"\n\nexport async function save({arguments}) {{\n'
        f"  {body}\n}}\n"
    )


class TestServerOnly:
    def test_a_route_is_no_module_that_a_component_imports(self, finds):
        route = {"app/api/a/route.ts": BUILD}
        assert finds("FD107", {**NEXT, **PAGE, **BROWSER, **route}) == []

    def test_an_application_without_client_components_has_nothing_to_keep_it_out_of(self, finds):
        module = {"lib/prisma.ts": BUILD}
        assert finds("FD107", {**NEXT, **PAGE, **module}) == []
        assert finds("FD107", {**NEXT, **PAGE, **BROWSER, **module}) == ["lib/prisma.ts:2"]

    def test_many_modules_are_one_finding_that_counts_them(self, tmp_path):
        modules = {f"lib/{name}.ts": BUILD for name in "abc"}
        found = examine(
            [find_rule("FD107")], written(tmp_path, {**NEXT, **PAGE, **BROWSER, **modules})
        ).found
        assert len(found) == 1
        assert "(and 2 more modules of this application)" in found[0].finding.message
        assert len(found[0].finding.notes) == 2


class TestGuards:
    def test_a_guard_the_wrong_way_round_is_no_singleton(self, finds):
        files = {**NEXT, "lib/prisma.ts": HELD % "==="}
        assert finds("FD103", files) == ["lib/prisma.ts:3"]
        assert finds("FD105", files) == []

    def test_the_usual_guard_is_one(self, finds):
        files = {**NEXT, "lib/prisma.ts": HELD % "!=="}
        assert finds("FD103", files) == []
        assert finds("FD105", files) == ["lib/prisma.ts:4"]

    def test_modules_of_two_applications_are_two_findings(self, finds):
        manifest = NEXT["package.json"]
        files = {
            f"apps/{app}/{name}": text
            for app in ("a", "b")
            for name, text in (
                ("package.json", manifest), ("lib/one.ts", BUILD), ("lib/two.ts", BUILD),
            )
        }  # fmt: skip
        assert finds("FD103", files) == ["apps/a/lib/one.ts:2", "apps/b/lib/one.ts:2"]


FORM = {"app/form.tsx": '"use client"\nimport { save } from "./actions"\nvoid save\n'}


class TestReached:
    WRITE = "await prisma.post.update({ where: { id }, data })"

    @pytest.mark.parametrize("code", ["FD317", "FD318"])
    def test_an_action_that_nobody_imports_has_no_address(self, finds, code):
        body = "await prisma.post.create({ data: { ...data, userId: data.userId } })"
        files = {**NEXT, **DB, "app/actions.ts": action(body)}
        assert finds(code, files) == []
        assert len(finds(code, {**files, **FORM})) == 1

    def test_an_action_that_is_handed_on_by_an_index_is_reached(self, finds):
        index = {"app/index.ts": 'export * from "./actions"\n'}
        files = {**NEXT, **DB, "app/actions.ts": action(self.WRITE), **index}
        assert len(finds("FD317", files)) == 1

    def test_a_list_that_nobody_imports_is_not_read(self, finds):
        body = "return prisma.message.findMany()"
        files = {**NEXT, **DB, "app/actions.ts": action(body)}
        assert finds("FD320", files) == []
        assert len(finds("FD320", {**files, **FORM})) == 1

    def test_to_revalidate_is_not_to_validate(self, finds):
        body = f'{self.WRITE}; revalidatePath("/posts")'
        files = {**NEXT, **DB, **FORM, "app/actions.ts": action(body)}
        assert len(finds("FD317", files)) == 1
        checked = action(f"validatePost(data); {body}")
        assert finds("FD317", {**files, "app/actions.ts": checked}) == []

    def test_another_action_of_the_same_file_is_not_it(self, finds):
        text = action(self.WRITE) + "export async function lose(id: string, data: any) {\n"
        text += f"  {self.WRITE}\n}}\n"
        found = finds("FD317", {**NEXT, **DB, **FORM, "app/actions.ts": text})
        assert found == ["app/actions.ts:6"]

    def test_a_list_that_is_imported_from_a_file_without_a_query_is(self, finds):
        body = "return prisma.message.findMany()"
        page = 'import { save } from "./actions"\nexport default async function Page() {\n'
        files = {"app/page.tsx": f"{page}  return <ul>{{await save()}}</ul>\n}}\n"}
        assert len(finds("FD320", {**NEXT, **DB, **files, "app/actions.ts": action(body)})) == 1


SCHEMA = {
    "prisma/schema.prisma": 'datasource db {\n  provider = "postgresql"\n}\n\nmodel User {\n'
    "  id   Int     @id\n  name String\n  open Boolean\n  more Json\n  age  Int\n}\n"
}


@pytest.mark.parametrize(
    ("fields", "line"),
    [
        ("{ name, more }", "more"),  # the freest is named, wherever it stands
        ("{ more, name }", "more"),
        ("{ age, name }", "name"),
        ("{ open, age }", "age"),
        ("{ open }", None),  # of a yes or no Prisma lets through nothing else
    ],
)
def test_of_several_values_the_freest_is_named(tmp_path, fields, line):
    text = (
        'import { auth } from "@/lib/auth"\nimport { prisma } from "@/lib/db"\n'
        "export async function PUT(request: Request) {\n  await auth()\n"
        f"  const {fields} = await request.json()\n"
        f"  await prisma.user.update({{ where: {{ id: 1 }}, data: {fields} }})\n}}\n"
    )
    files = {**NEXT, **DB, **SCHEMA, "app/api/a/route.ts": text}
    found = examine([find_rule("FD317")], written(tmp_path, files)).found
    assert [one.finding.message.partition(" ")[0] for one in found] == (
        [f"`{line}`"] if line else []
    )


def test_a_value_that_is_one_of_a_list_is_looked_at(finds):
    route = (
        'import { auth } from "@/lib/auth"\nimport { prisma } from "@/lib/db"\n'
        "export async function PUT(request: Request) {\n  await auth()\n"
        "  const { language } = await request.json()\n%s"
        "  await prisma.user.update({ where: { id: 1 }, data: { language } })\n}\n"
    )
    test = '  if (!["en", "ja"].includes(language)) return new Response(null, { status: 400 })\n'
    files = {**NEXT, **DB}
    assert finds("FD317", {**files, "app/api/a/route.ts": route % test}) == []
    assert len(finds("FD317", {**files, "app/api/a/route.ts": route % ""})) == 1


class TestWhoAsks:
    def test_a_model_called_user_is_not_the_user_who_asks(self, finds):
        body = "await prisma.user.update({ where: { id }, data: { name: 'a' } })"
        files = {**NEXT, **DB, **FORM, "app/actions.ts": action(body)}
        assert len(finds("FD316", files)) == 1

    @pytest.mark.parametrize(
        "asked", ["const user = await current()", "const { user } = await current()",
                  "if (!req.user) throw new Error()"],
    )  # fmt: skip
    def test_a_user_who_is_fetched_is(self, finds, asked):
        body = f"{asked}; await prisma.post.delete({{ where: {{ id }} }})"
        files = {**NEXT, **DB, **FORM, "app/actions.ts": action(body)}
        assert finds("FD316", files) == []

    def test_a_name_with_test_or_view_or_auth_inside_is_not_public(self, finds):
        body = "await prisma.step.delete({ where: { id } })"
        for name in ("createStep", "deleteReview", "renameAuthor"):
            text = action(body).replace("save", name)
            form = {name_: text.replace("save", name) for name_, text in FORM.items()}
            assert len(finds("FD316", {**NEXT, **DB, **form, "app/actions.ts": text})) == 1, name

    def test_an_action_may_write_through_another_module(self, finds):
        rows = (
            'import { prisma } from "@/lib/db"\n'
            "export const remove = (id: string) => %s prisma.step.delete({ where: { id } })\n"
        )
        text = action("await remove(id)").replace(
            "@/lib/db", "@/lib/steps").replace("{ prisma }", "{ remove }")  # fmt: skip
        files = {**NEXT, **DB, **FORM, "app/actions.ts": text}
        index = {"lib/steps/index.ts": 'export * from "./rows"\n'}
        assert finds("FD316", {**files, **index, "lib/steps/rows.ts": rows % ""}) == [
            "app/actions.ts:6"
        ]
        asks = rows % "auth() &&"
        assert finds("FD316", {**files, **index, "lib/steps/rows.ts": asks}) == []

    def test_the_middleware_of_another_application_guards_nothing(self, finds):
        route = (
            'import { prisma } from "@prisma/client"\n'
            "export async function POST() {\n  await prisma.role.create({ data: {} })\n}\n"
        )
        guard = "export const middleware = (request) => getToken({ req: request })\n"
        manifest = NEXT["package.json"]
        files = {
            "apps/api/package.json": manifest, "apps/web/package.json": manifest,
            "apps/api/app/api/roles/route.ts": route,
        }  # fmt: skip
        assert len(finds("FD316", {**files, "apps/web/middleware.ts": guard})) == 1
        assert finds("FD316", {**files, "apps/api/middleware.ts": guard}) == []
        assert finds("FD316", {**files, "middleware.ts": guard}) == []

    def test_a_middleware_that_sets_headers_guards_nothing(self, finds):
        route = (
            'import { prisma } from "@prisma/client"\n'
            "export async function POST() {\n  await prisma.role.create({ data: {} })\n}\n"
        )
        cors = "export const middleware = () => new Response('forbidden_origin', { status: 403 })\n"
        files = {**NEXT, "app/api/roles/route.ts": route, "middleware.ts": cors}
        assert len(finds("FD316", files)) == 1

    @pytest.mark.parametrize(
        ("matcher", "expected"),
        [
            ('["/((?!api|_next/static|favicon.ico).*)"]', 1),
            ('["/((?!_next|api/auth|favicon.ico).*)"]', 0),  # the other routes it does guard
            ('["/((?!_next/static|favicon.ico).*)"]', 0),
            ('["/api/:path*"]', 0),
        ],
    )
    def test_a_middleware_that_leaves_out_the_api_guards_no_route(self, finds, matcher, expected):
        route = (
            'import { prisma } from "@prisma/client"\n'
            "export async function POST() {\n  await prisma.role.create({ data: {} })\n}\n"
        )
        guard = (
            "export const middleware = (request) => getToken({ req: request })\n"
            f"export const config = {{ matcher: {matcher} }}\n"
        )
        files = {**NEXT, "app/api/roles/route.ts": route, "middleware.ts": guard}
        assert len(finds("FD316", files)) == expected


class TestDisconnect:
    HANDLER = (
        'import { disconnectClient } from "./db"\n'
        "export const handler = async (event: unknown) => {\n  const answer = await work(event)\n"
        "  await disconnectClient()\n  return answer\n}\n"
    )
    CLIENT = BUILD + "export async function disconnectClient() {\n  %s\n}\n"

    def test_a_handler_may_disconnect_through_another_module(self, finds):
        files = {
            **NEXT, "src/lambda.ts": self.HANDLER, "src/db/index.ts": 'export * from "./client"\n',
            "src/db/client.ts": self.CLIENT % "await prisma.$disconnect()",
        }  # fmt: skip
        assert finds("FD112", files) == ["src/lambda.ts:4"]

    def test_a_function_of_that_name_may_do_something_else(self, finds):
        files = {
            **NEXT, "src/lambda.ts": self.HANDLER,
            "src/db.ts": self.CLIENT % "await prisma.log.create({ data: {} })",
        }  # fmt: skip
        assert finds("FD112", files) == []


@pytest.mark.parametrize(
    ("between", "expected"),
    [
        ("if (vote.type === type) { await drop(vote); return 1 } else { return 2 }", 1),
        ("if (vote.type === type) { await drop(vote) } else { return 2 }", 0),
    ],
)
def test_a_look_decides_when_every_way_through_it_ends(finds, between, expected):
    text = (
        'import { prisma } from "@prisma/client"\n'
        "export async function vote(userId: string, postId: string, type: string) {\n"
        "  const vote = await prisma.vote.findFirst({ where: { userId, postId } })\n"
        f"  if (vote) {{ {between} }}\n"
        "  await prisma.vote.create({ data: { userId, postId, type } })\n}\n"
    )
    assert len(finds("FD324", {**NEXT, "lib/vote.ts": text})) == expected


def test_distinct_rows_are_not_to_be_paged(tmp_path):
    text = (
        'import { prisma } from "@/lib/db"\nexport default async function Page() {\n'
        "  await prisma.order.findMany({ distinct: ['buyer'] })\n}\n"
    )
    repository = written(tmp_path, {**NEXT, **DB, "app/page.tsx": text})
    (found,) = examine([find_rule("FD320")], repository).found
    assert found.finding.help is not None
    assert "groupBy" in found.finding.help
