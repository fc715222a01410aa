"""Mutations of GraphQL and of tRPC that anybody may send, and methods that ask in a loop."""

import pytest

PACKAGE = {
    "package.json": '{"dependencies": {"@prisma/client": "6.19.0", "graphql": "16.0.0",'
    ' "jsonwebtoken": "9.0.2"}}'
}
CLIENT = {
    "src/prisma.ts": 'import { PrismaClient } from "@prisma/client"\n'
    "export const prisma = new PrismaClient()\n"
}
BASE = {**PACKAGE, **CLIENT}
USES = 'import { prisma } from "./prisma"\n'
DELETES = "return prisma.post.delete({ where: { id: args.id } })"


def apollo(body: str = DELETES, arguments: str = "_, args, ctx") -> str:
    return (
        f'{USES}import type {{ Resolvers }} from "./graphql"\n'
        f"export const resolvers: Resolvers = {{\n  Query: {{}},\n  Mutation: {{\n"
        f"    removePost: async ({arguments}) => {{\n      {body}\n    }},\n  }},\n}}\n"
    )


POTHOS = (
    USES + 'import { builder } from "./pothos"\n'
    'builder.mutationField("removePost", (t) =>\n  t.prismaField({\n    type: "Post",GUARD\n'
    "    resolve: async (query, root, args) => " + DELETES.removeprefix("return ") + ",\n  })\n)\n"
)
NEXUS = (
    USES + 'import { mutationType } from "nexus"\n'
    "export const Mutation = mutationType({\n  definition(t) {\n    t.field('removePost', {\n"
    "      type: 'Post',GUARD\n      resolve: (_, args) => { " + DELETES + " },\n"
    "    })\n  },\n})\n"
)
NEST = (
    'import {{ Args, Mutation, Resolver }} from "@nestjs/graphql"\n'
    'import {{ PostService }} from "./post.service"\n'
    "@Resolver()\n{0}export class PostResolver {{\n"
    "  constructor(private readonly posts: PostService) {{}}\n\n  @Mutation(() => Post)\n{1}"
    '  async removePost(@Args("id") id: string) {{\n    return this.posts.remove(id)\n  }}\n}}\n'
)
SERVICE = (
    'import { PrismaClient } from "@prisma/client"\nexport class PostService {\n'
    "  constructor(private readonly prisma: PrismaClient) {}\n\n"
    "  async remove(id: string) {\n    return this.prisma.post.delete({ where: { id } })\n  }\n}\n"
)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (apollo(), 1),
        (apollo("await authorize(ctx)\n      " + DELETES), 0),
        (apollo("if (!ctx.user) throw new Error()\n      " + DELETES), 0),
        (apollo("return prisma.post.findUnique({ where: { id: args.id } })"), 0),
        (apollo().replace("removePost", "signUp"), 0),
        (apollo().replace("Mutation:", "Other:"), 0),
        (POTHOS.replace("GUARD", ""), 1),
        (POTHOS.replace("GUARD", "\n    authScopes: { admin: true },"), 0),
        (NEXUS.replace("GUARD", ""), 1),
        (NEXUS.replace("GUARD", "\n      authorize: (_, args, ctx) => ctx.isAdmin,"), 0),
    ],
)
def test_resolvers_that_ask_nobody(finds, text, found):
    assert len(finds("FD316", {**BASE, "src/posts.ts": text})) == found


@pytest.mark.parametrize(
    ("of_class", "of_method", "more", "found"),
    [
        ("", "", {}, ["src/post.resolver.ts:8"]),
        ("@UseGuards(Signed)\n", "", {}, []),
        ("", "  @UseGuards(Signed)\n", {}, []),
        ("", "  @Roles('admin')\n", {}, []),
        ("", "", {"src/module.ts": "export const one = { provide: APP_GUARD, useClass: G }\n"}, []),
        ("", "", {"middleware.ts": "import { auth } from './a'\nexport default auth\n"}, []),
    ],
)
def test_resolvers_of_classes(finds, of_class, of_method, more, found):
    files = {"src/post.resolver.ts": NEST.format(of_class, of_method)}
    assert finds("FD316", {**BASE, "src/post.service.ts": SERVICE, **files, **more}) == found


@pytest.mark.parametrize(
    "more",
    [
        {"src/permissions.ts": 'import { shield } from "graphql-shield"\n'},
        {"src/schema.ts": "gql`type Mutation {\n  removePost(id: ID!): Post @auth\n}`\n"},
        {"src/server.ts": "new ApolloServer({ context: ({ req }) => {\n"
         "  if (!req.headers.me) throw new AuthenticationError()\n} })\n"},
        {"src/server.ts": "app.use('/graphql', requireLogin, graphqlHTTP({}))\n"},
    ],
)  # fmt: skip
def test_what_asks_before_every_resolver(finds, more):
    assert finds("FD316", {**BASE, "src/posts.ts": apollo(), **more}) == []


def test_an_application_without_accounts_is_for_everybody(finds):
    alone = {"package.json": PACKAGE["package.json"].replace("jsonwebtoken", "left-pad")}
    base = {"src/base.ts": "export const publicProcedure = t.procedure;\n"}
    taken = {"src/router.ts": ROUTER.format(TAKEN, "removePost"), "src/remove.ts": REMOVE}
    assert finds("FD316", {**BASE, **alone, "src/posts.ts": apollo()}) == []
    assert finds("FD316", {**BASE, **alone, **base, **taken}) == []
    assert len(finds("FD316", {**BASE, **base, **taken})) == 1


def test_a_resolver_of_another_file(finds):
    files = {
        "src/resolvers.ts": 'import { kept, removePost, renamePost } from "./posts"\n'
        'import type { Resolvers } from "./graphql"\n'
        "export const all: Resolvers = { Mutation: { removePost, rename: renamePost, kept } }\n",
        "src/posts.ts": USES + f"export const removePost = async (_, args) => {{ {DELETES} }}\n"
        f"export const kept = forAdmins(async (_, args) => {{ {DELETES} }})\n"
        "export const renamePost = async (_, args, { user }) => "
        f"{{ {DELETES} }}\n",
    }
    assert finds("FD316", {**BASE, **files}) == ["src/resolvers.ts:3"]


ROUTER = (
    'import {{ publicProcedure, router }} from "./base"\n{0}\nexport const posts = router({{\n'
    "  remove: publicProcedure.input(shape).mutation({1}),\n}})\n"
)
TAKEN = 'import { removePost } from "./remove"'
REMOVE = (
    USES + "export async function removePost({ input }) {\n"
    "  return prisma.post.delete({ where: input })\n}\n"
)


@pytest.mark.parametrize(
    ("taken", "given", "found"),
    [
        (TAKEN, "removePost", 1),
        (TAKEN, "async ({ input }) => removePost({ input })", 1),
        ("", 'async (all) => (await import("./remove")).removePost(all)', 1),
        (TAKEN, "async ({ input, ctx }) => { check(ctx.session); return removePost(input) }", 0),
        ("", "removePost", 0),
        (TAKEN.replace("./remove", "./guarded"), "removePost", 0),
    ],
)
def test_procedures_that_are_written_elsewhere(finds, taken, given, found):
    files = {
        "src/base.ts": "export const publicProcedure = t.procedure;\n",
        "src/remove.ts": REMOVE,
        "src/guarded.ts": REMOVE.replace("  return", "  await assertUser(input)\n  return"),
        "src/router.ts": ROUTER.format(taken, given),
    }
    assert len(finds("FD316", {**BASE, **files})) == found


LIST = (
    'import {{ PrismaClient }} from "@prisma/client"\nexport class Orders {{\n'
    "  constructor(private prisma: PrismaClient) {{}}\n\n  async all() {{\n"
    "    const orders = await this.prisma.order.findMany({{ where: {{ open: true }} }})\n"
    "    {0}\n  }}\n\n  async itemsOf(id: string) {{\n    {1}\n  }}\n}}\n"
)
LOOP = "for (const order of orders) {\n      order.items = await this.itemsOf(order.id)\n    }"
MAP = "return Promise.all(orders.map((order) => this.itemsOf(order.id)))"
ASKS = "return this.prisma.item.findMany({ where: { orderId: id } })"


@pytest.mark.parametrize(
    ("rows", "method", "found"),
    [
        (LOOP, ASKS, ("FD301", 8)),
        (MAP, ASKS, ("FD302", 7)),
        (LOOP, "const items = await this.prisma.item.findMany({ where: { orderId: id } })\n"
         "    return items", ("FD301", 8)),
        (LOOP, "if (!id) return []\n    " + ASKS, None),
        (LOOP, "if (id) {\n      " + ASKS + "\n    }", None),
        (LOOP, "const kept = this.cache.get(id)\n    " + ASKS, None),
        (LOOP, ASKS.replace("orderId: id", "open: true"), None),
        (LOOP.replace("order.id", "'one'"), ASKS, None),
        (LOOP, "return this.prisma.item.deleteMany({ where: { orderId: id } })", None),
        ("return this.itemsOf(orders[0].id)", ASKS, None),
    ],
)  # fmt: skip
def test_methods_that_ask_for_each_row(finds, rows, method, found):
    files = {**BASE, "src/orders.ts": LIST.format(rows, method)}
    places = {code: finds(code, files) for code in ("FD301", "FD302")}
    expected: dict[str, list[str]] = {code: [] for code in places}
    if found is not None:
        expected[found[0]] = [f"src/orders.ts:{found[1]}"]
    assert places == expected
