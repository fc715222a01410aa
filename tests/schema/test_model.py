"""The data model of sound schemas: what each line comes to."""

from forebay.schema.check import check
from forebay.schema.model import EnvironmentOr, Raw
from forebay.schema.tree import Call, Object
from tests.schema.shown import checked, model_of, relation, scalar

_BLOG = """\
model User {
  id    String @id @default(cuid())
  email String @unique
  posts Post[]
}

model Post {
  id        String    @id @default(dbgenerated("gen_random_uuid()")) @db.Uuid
  state     State     @default(DRAFT)
  deletedAt DateTime? @map("deleted_at") @db.Timestamptz(6)
  authorId  String
  author    User      @relation(fields: [authorId], references: [id], onDelete: Cascade)
  tags      Tag[]

  @@index([authorId, deletedAt(sort: Desc)], map: "by_author")
  @@map("posts")
}

model Tag {
  name  String @id
  posts Post[]
}

enum State {
  DRAFT
  PUBLISHED @map("published")

  @@map("post_state")
}
"""


def test_names_in_the_database_are_the_mapped_ones():
    post = model_of(_BLOG, "Post")
    assert post.database_name == "posts"
    assert scalar(post, "deletedAt").database_name == "deleted_at"
    enum = scalar(post, "state").enum
    assert enum is not None
    assert enum.database_name == "post_state"
    assert [member.database_name for member in enum.members] == ["DRAFT", "published"]


def test_native_types_keep_their_arguments():
    native = scalar(model_of(_BLOG, "Post"), "deletedAt").native_type
    assert native is not None
    assert (native.scope, native.name, native.arguments) == ("db", "Timestamptz", ["6"])


def test_a_default_is_its_expression():
    default = scalar(model_of(_BLOG, "Post"), "id").default
    assert default is not None
    assert isinstance(default.value, Call)
    assert default.value.name == "dbgenerated"


def test_a_foreign_key_knows_both_sides():
    post = model_of(_BLOG, "Post")
    author = relation(post, "author")
    found = author.relation
    assert found is not None
    assert (found.kind, found.name) == ("one-to-many", "PostToUser")
    assert (found.model_a.name, found.model_b.name) == ("Post", "User")
    assert found.field_a is author
    assert found.field_b is relation(found.model_b, "posts")
    assert [field.name for field in author.fields or ()] == ["authorId"]
    assert author.on_delete == "Cascade"


def test_two_lists_are_a_many_to_many_in_the_order_of_names():
    found = relation(model_of(_BLOG, "Tag"), "posts").relation
    assert found is not None
    assert (found.kind, found.model_a.name, found.model_b.name) == ("many-to-many", "Post", "Tag")


def test_an_index_has_its_fields_with_their_order():
    (index,) = model_of(_BLOG, "Post").indexes
    assert (index.kind, index.mapped_name) == ("normal", "by_author")
    assert [(one.name, one.sort) for one in index.fields] == [
        ("authorId", None),
        ("deletedAt", "Desc"),
    ]


def test_unique_criteria_begin_with_the_primary_key():
    user = model_of(_BLOG, "User")
    assert [[one.name for one in fields] for fields in user.unique_criteria] == [["id"], ["email"]]


def test_of_two_single_sides_the_one_with_fields_holds_the_key():
    body = (
        "model Z {\n  id Int @id\n  a A? @relation(fields: [id], references: [id])\n}\n"
        "model A {\n  id Int @id\n  z Z?\n}\n"
    )
    found = relation(model_of(body, "A"), "z").relation
    assert found is not None
    assert (found.kind, found.model_a.name) == ("one-to-one", "Z")


def test_the_fields_of_a_self_relation_are_told_apart():
    body = (
        "model Employee {\n  id Int @id\n  bossId Int?\n"
        '  boss Employee? @relation("chain", fields: [bossId], references: [id])\n'
        '  staff Employee[] @relation("chain")\n}\n'
    )
    employee = model_of(body, "Employee")
    found = relation(employee, "boss").relation
    assert found is not None
    assert found.is_self_relation
    assert found.field_b is relation(employee, "staff")
    assert found.name == "chain"


def test_a_composite_key_and_its_name():
    key = model_of('model A {\n  a Int\n  b Int\n  @@id([a, b], name: "ab", map: "pk")\n}\n', "A")
    assert key.primary_key is not None
    assert (key.primary_key.name, key.primary_key.mapped_name) == ("ab", "pk")
    assert key.primary_key.source is None


def test_the_condition_of_a_partial_index_is_sql_or_an_object():
    body = (
        'generator c {\n  provider = "x"\n  previewFeatures = ["partialIndexes"]\n}\n'
        "model A {\n  id Int @id\n  gone DateTime?\n"
        '  @@index([id], where: raw("gone IS NULL"), map: "a")\n'
        "  @@index([id], where: { gone: null })\n}\n"
    )
    first, second = model_of(body, "A").indexes
    assert isinstance(first.where, Raw)
    assert first.where.text == "gone IS NULL"
    assert isinstance(second.where, Object)


def test_the_datasource_of_prisma_6_has_its_urls():
    text = (
        'datasource db {\n  provider = "postgresql"\n  url = env("DATABASE_URL")\n'
        '  directUrl = env("DIRECT_URL")\n  shadowDatabaseUrl = "postgresql://x/y"\n'
        '  schemas = ["b", "a"]\n  relationMode = "prisma"\n}\n'
    )
    source = check([("schema.prisma", text)], 6).schema.datasource
    assert source is not None
    assert source.url == EnvironmentOr(variable="DATABASE_URL")
    assert source.direct_url == EnvironmentOr(variable="DIRECT_URL")
    assert source.shadow_database_url == EnvironmentOr("postgresql://x/y")
    assert (source.schemas, source.relation_mode) == (["a", "b"], "prisma")


def test_a_generator_keeps_what_only_it_understands():
    (generator,) = checked(
        'generator c {\n  provider = "prisma-client"\n  output = "../out"\n'
        '  engineType = "client"\n'
        '  list = ["a", env("B")]\n  depth = 3\n  previewFeatures = ["VIEWS"]\n}\n'
    ).schema.generators
    assert generator.output == EnvironmentOr("../out")
    assert generator.preview_features == ["views"]
    assert generator.config == {
        "engineType": "client",
        "list": ["a", EnvironmentOr(variable="B")],
        "depth": "3",
    }


def test_models_of_one_file_know_those_of_another():
    files = [
        ("a.prisma", 'datasource db {\n  provider = "postgresql"\n}\n'),
        ("b/c.prisma", "model A {\n  id Int @id\n  bs B[]\n}\n"),
        ("d.prisma", "model B {\n  id Int @id\n  a A @relation(fields: [id], references: [id])\n}"),
    ]
    found = check(files, 7)
    assert found.errors == []
    assert [model.name for model in found.schema.models] == ["A", "B"]
    assert found.schema.relations[0].model_a.name == "B"
