"""What a client sees of a schema: the operators of its fields, and what is written inside what."""

from typing import Any

import pytest

from forebay.schema.dmmf.document import document
from forebay.schema.load import load

HEAD = 'datasource db {\n  provider = "postgresql"\n}\n'
SHOP = """
enum Kind {
  A
  B
}

model User {
  id    Int     @id @default(autoincrement())
  email String  @unique
  name  String?
  kind  Kind    @default(A)
  tags  String[]
  data  Json?
  posts Post[]
  skip  Int     @ignore
}

model Post {
  part     Int
  number   Decimal
  authorId Int
  author   User   @relation(fields: [authorId], references: [id], onDelete: Cascade)
  shape    Unsupported("point")?
  @@id([part, number], name: "key")
}
"""


@pytest.fixture(scope="module")
def whole() -> dict[str, Any]:
    return document(load([("schema.prisma", HEAD + SHOP)]), 7)


def _inputs(whole: dict[str, Any], name: str) -> dict[str, Any]:
    types = whole["schema"]["inputObjectTypes"]["prisma"]
    (found,) = [type_ for type_ in types if type_["name"] == name]
    return {field["name"]: field for field in found["fields"]}


def _types(field: dict[str, Any]) -> list[str]:
    return [type_["type"] + ("[]" if type_["isList"] else "") for type_ in field["inputTypes"]]


def test_ignored_and_unsupported_fields_are_not_in_the_data_model(whole):
    names = [[field["name"] for field in model["fields"]] for model in whole["datamodel"]["models"]]
    assert names == [
        ["id", "email", "name", "kind", "tags", "data", "posts"],
        ["part", "number", "authorId", "author"],
    ]


def test_a_foreign_key_is_read_only_and_its_relation_says_where_it_points(whole):
    fields = {field["name"]: field for field in whole["datamodel"]["models"][1]["fields"]}
    assert [name for name, field in fields.items() if field["isReadOnly"]] == ["authorId"]
    assert fields["author"]["relationName"] == "PostToUser"
    assert fields["author"]["relationFromFields"] == ["authorId"]
    assert fields["author"]["relationToFields"] == ["id"]
    assert fields["author"]["relationOnDelete"] == "Cascade"


def test_defaults_are_values_and_calls(whole):
    fields = {field["name"]: field for field in whole["datamodel"]["models"][0]["fields"]}
    assert fields["id"]["default"] == {"name": "autoincrement", "args": []}
    assert fields["kind"]["default"] == "A"
    assert "default" not in fields["email"]


@pytest.mark.parametrize(
    ("filter_", "operators"),
    [
        (
            "StringFilter",
            "equals in notIn lt lte gt gte contains startsWith endsWith mode not",
        ),
        ("IntFilter", "equals in notIn lt lte gt gte not"),
        ("EnumKindFilter", "equals in notIn not"),
        ("StringNullableListFilter", "equals has hasEvery hasSome isEmpty"),
        ("PostListRelationFilter", "every some none"),
        ("UserScalarRelationFilter", "is isNot"),
        (
            "JsonNullableFilter",
            "equals path mode string_contains string_starts_with string_ends_with"
            " array_starts_with array_ends_with array_contains lt lte gt gte not",
        ),
        ("IntFieldUpdateOperationsInput", "set increment decrement multiply divide"),
        ("StringFieldUpdateOperationsInput", "set"),
        ("UserUpdatetagsInput", "set push"),
    ],
)
def test_the_operators_of_each_kind_of_field(whole, filter_, operators):
    assert list(_inputs(whole, filter_)) == operators.split()


def test_one_record_is_found_by_a_key_alone_or_a_compound_one(whole):
    assert _types(_inputs(whole, "PostWhereUniqueInput")["key"]) == ["PostKeyCompoundUniqueInput"]
    assert list(_inputs(whole, "PostKeyCompoundUniqueInput")) == ["part", "number"]
    assert _types(_inputs(whole, "UserWhereUniqueInput")["email"]) == ["String"]


def test_a_new_record_is_given_relations_or_keys(whole):
    checked, unchecked = (
        _inputs(whole, "PostCreateInput"),
        _inputs(whole, "PostUncheckedCreateInput"),
    )
    assert list(checked) == ["part", "number", "author"]
    assert list(unchecked) == ["part", "number", "authorId"]
    assert checked["author"]["isRequired"]
    assert list(_inputs(whole, "UserCreateInput")) == [
        "email", "name", "kind", "tags", "data", "posts",
    ]  # fmt: skip


def test_inside_a_relation_the_way_back_is_missing(whole):
    assert "author" not in _inputs(whole, "PostCreateWithoutAuthorInput")
    many = _inputs(whole, "PostUpdateManyWithoutAuthorNestedInput")
    assert list(many) == [
        "create", "connectOrCreate", "upsert", "createMany", "set", "disconnect", "delete",
        "connect", "update", "updateMany", "deleteMany",
    ]  # fmt: skip
    one = _inputs(whole, "UserUpdateOneRequiredWithoutPostsNestedInput")
    assert list(one) == ["create", "connectOrCreate", "upsert", "connect", "update"]


def test_every_type_that_is_named_is_there(whole):
    places = whole["schema"]
    known = {
        (place, namespace, type_["name"])
        for place, namespaces in places.items()
        for namespace, types in namespaces.items()
        for type_ in types
    }
    named = set()

    def walk(value: Any) -> None:
        if isinstance(value, dict):
            if "namespace" in value:
                named.add((value["location"], value["namespace"], value["type"]))
            for inner in value.values():
                walk(inner)
        elif isinstance(value, list):
            for inner in value:
                walk(inner)

    walk(places)
    assert named <= known
    roots = {"Query", "Mutation", "TransactionIsolationLevel"}
    assert {name for _, _, name in known - named} == roots


def test_every_operation_of_a_model_is_mapped(whole):
    first = whole["mappings"]["modelOperations"][0]
    assert first["model"] == "User"
    assert first["createManyAndReturn"] == "createManyUserAndReturn"
    fields = {
        field["name"]
        for type_ in whole["schema"]["outputObjectTypes"]["prisma"]
        if type_["name"] in ("Query", "Mutation")
        for field in type_["fields"]
    }
    mapped = {
        name
        for one in whole["mappings"]["modelOperations"]
        for kind, name in one.items()
        if kind != "model"
    }
    assert mapped | {"executeRaw", "queryRaw"} == fields


def test_a_model_whose_unsupported_field_is_required_cannot_be_created():
    schema = load([("s", HEAD + 'model A {\n  id Int @id\n  p Unsupported("point")\n}\n')])
    operations = document(schema, 7)["mappings"]["modelOperations"][0]
    assert "findMany" in operations
    assert "updateOne" in operations
    assert not any(kind.startswith(("create", "upsert")) for kind in operations)


def test_only_prisma_7_says_what_may_be_a_parameter():
    schema = load([("s", HEAD + "model A {\n  id Int @id\n}\n")])
    marked = ["isParameterizable" in str(document(schema, prisma)["schema"]) for prisma in (6, 7)]
    assert marked == [False, True]
