"""Which indexes serve a foreign key or a query, and which edits add the ones that are missing."""

import pytest

from forebay.doctor.fix import gather
from forebay.doctor.registry import find_rule
from forebay.doctor.run import examine
from tests.doctor.conftest import written

HEAD = 'datasource db {\n  provider = "postgresql"\n}\n\n'


def blog(post: str) -> str:
    return (
        f"{HEAD}model User {{\n  id    Int    @id\n  posts Post[]\n}}\n\nmodel Post {{\n"
        "  id       Int    @id\n"
        "  author   User   @relation(fields: [authorId], references: [id])\n"
        f"  authorId Int\n  slug     String\n{post}}}\n"
    )


@pytest.mark.parametrize(
    ("post", "is_found"),
    [
        ("", True),
        ("\n  @@index([authorId])\n", False),
        ("\n  @@index([authorId, slug])\n", False),
        ("\n  @@index([slug, authorId])\n", True),
        ("\n  @@unique([authorId, slug])\n", False),
        ("\n  @@index([authorId], type: Hash)\n", False),
        ("\n  @@index([authorId], type: Brin)\n", True),
    ],
)
def test_an_index_serves_a_foreign_key_it_begins_with(finds, post, is_found):
    assert finds("FD401", {"schema.prisma": blog(post)}) == ["schema.prisma:12"] * is_found


def test_one_column_of_a_composite_key_is_enough(finds):
    schema = (
        f"{HEAD}model Rule {{\n  id     Int\n  tenant Int\n  acts   Action[]\n"
        "  @@id([id, tenant])\n}\n\nmodel Action {\n  id     Int  @id\n  ruleId Int\n  tenant Int\n"
        "  rule   Rule @relation(fields: [ruleId, tenant], references: [id, tenant])\n%s}\n"
    )
    assert finds("FD401", {"schema.prisma": schema % ""}) == ["schema.prisma:16"]
    assert finds("FD401", {"schema.prisma": schema % "  @@index([ruleId])\n"}) == []


def test_the_edits_of_a_model_make_the_rule_content(tmp_path):
    repository = written(tmp_path, {"schema.prisma": blog("")})
    rule = find_rule("FD401")
    fixes = gather(examine([rule], repository), repository)
    again = written(tmp_path, fixes.texts)
    assert examine([rule], again).found == []


@pytest.mark.parametrize(
    ("query", "is_found"),
    [
        ("findFirst({ where: { slug } })", True),
        ("findMany({ where: { slug: { in: slugs } } })", True),
        ("findMany({ take: 20, orderBy: { slug: 'asc' } })", True),
        ("findMany({ orderBy: { slug: 'asc' } })", False),
        ("findFirst({ where: { slug, id: 1 } })", False),
        ("findFirst({ where: { slug, ...more } })", False),
        ("findFirst({ where: { slug, OR: [] } })", False),
        ("findFirst({ where: { slug: { contains: 'a' } } })", False),
        ("findFirst({ where: { slug: { startsWith: 'a' } } })", False),
        ("findFirst({ where })", False),
    ],
)
def test_a_query_tells_a_column_only_where_it_is_written_out(finds, query, is_found):
    files = {
        "prisma/schema.prisma": blog(""),
        "src/posts.ts": 'import { PrismaClient } from "@prisma/client"\n'
        f"const prisma = new PrismaClient()\nexport const found = () => prisma.post.{query}\n",
    }
    assert finds("FD403", files) == ["prisma/schema.prisma:14"] * is_found


def test_of_two_indexes_that_are_alike_one_is_named(finds):
    schema = blog('\n  @@index([slug])\n  @@index([slug], map: "again")\n')
    assert finds("FD404", {"schema.prisma": schema}) == ["schema.prisma:17"]


def test_a_schema_of_another_database_is_left_alone(finds):
    schema = blog("").replace("postgresql", "mysql")
    assert finds("FD401", {"schema.prisma": schema}) == []


@pytest.mark.parametrize(
    ("where", "index"),
    [
        # What is compared for equality comes before a range, and a range before a sort.
        ("{ slug, at: { gte: day } }", "[slug, at]"),
        ("{ at: { gte: day }, slug }", "[slug, at]"),
        ("{ shown: true, at: { lte: day } }", "[shown, at]"),
        ("{ at: { gte: day } }", "[at]"),
        # A number behind a yes or no: nobody knows from here.
        ("{ shown: true, stock: { gt: 0 } }", None),
        # Rows that are not deleted are nearly all.
        ("{ gone: { equals: null } }", None),
        ("{ gone: null }", None),
    ],
)
def test_the_columns_of_an_index_are_in_an_order_that_serves(tmp_path, where, index):
    columns = "  at    DateTime\n  shown Boolean\n  stock Int\n  gone  DateTime?\n"
    files = {
        "prisma/schema.prisma": blog(columns),
        "src/posts.ts": 'import { PrismaClient } from "@prisma/client"\n'
        "const prisma = new PrismaClient()\n"
        f"export const found = () => prisma.post.findMany({{ where: {where} }})\n",
    }
    found = examine([find_rule("FD403")], written(tmp_path, files)).found
    assert [one.finding.help for one in found] == (
        [f"add `@@index({index})` to Post"] if index else []
    )


@pytest.mark.parametrize(
    ("feature", "version", "is_found"),
    [
        ("driverAdapters", "^6.15.0", False),
        ("driverAdapters", "^6.16.0", True),
        ("prismaSchemaFolder", "6.5.0", False),
        ("prismaSchemaFolder", "6.7.0", True),
        ("interactiveTransactions", "6.0.0", True),
        ("driverAdapters", "7.0.0", True),
    ],
)
def test_a_preview_feature_is_gone_only_from_the_version_that_took_it_in(
    finds, feature, version, is_found
):
    files = {
        "package.json": f'{{"dependencies": {{"@prisma/client": "{version}"}}}}',
        "prisma/schema.prisma": f'generator client {{\n  provider = "prisma-client-js"\n'
        f'  previewFeatures = ["{feature}"]\n}}\n\n{HEAD}',
    }
    assert len(finds("FD408", files)) == is_found


def test_a_relation_without_a_foreign_key_is_not_said_to_be_prismas_work(tmp_path):
    schema = blog("").replace('"postgresql"\n', '"postgresql"\n  relationMode = "prisma"\n')
    (found,) = examine([find_rule("FD402")], written(tmp_path, {"schema.prisma": schema})).found
    assert "without a foreign key" in found.finding.message
    assert "Prisma" not in found.finding.message
