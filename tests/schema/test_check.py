"""What is wrong with schemas: in Prisma's words and layout, with a line of ours below."""

import pytest

from forebay.errors import SchemaError
from forebay.schema.check import check
from forebay.schema.diagnostics import render, render_warnings
from forebay.schema.load import judge, load
from tests.schema.shown import DATASOURCE, checked, messages

_URL = 'datasource db {\n  provider = "postgresql"\n  url = env("DATABASE_URL")\n}\n'
_MODEL = "model A {\n  id Int @id\n}\n"


def test_an_error_is_laid_out_with_the_lines_around_it():
    found = checked("model A {\n  id Int @id\n  x  Strin\n}\n")
    assert render(found.source, found.errors, with_hints=False) == (
        'error: Type "Strin" is neither a built-in type, nor refers to another model, composite '
        "type, or enum.\n"
        "  -->  schema.prisma:6\n"
        "   | \n"
        " 5 |   id Int @id\n"
        " 6 |   x  Strin\n"
        "   | \n"
        "\n"
        "Validation Error Count: 1"
    )


@pytest.mark.parametrize(
    ("line", "hint"),
    [
        ("id Int @idd", "did you mean id?"),
        ("id Int @id @quite", "attributes are: id, unique, default, map, updatedAt"),
        ("role Role @default(ADMN)", "did you mean ADMIN?"),
        ("role Role @default(OTHER)", "the values of Role are: ADMIN, USER"),
    ],
)
def test_a_hint_names_what_may_be_meant(line: str, hint: str):
    found = checked(f"model A {{\n  {line}\n}}\nenum Role {{\n  ADMIN\n  USER\n}}\n")
    assert f"   = hint: {hint}" in render(found.source, found.errors, with_hints=True)


def test_a_hint_stands_below_and_apart():
    found = checked("model A {\n  id Int @id\n  x  string\n}\n")
    with_hints = render(found.source, found.errors, with_hints=True)
    without = render(found.source, found.errors, with_hints=False)
    assert "   = hint: write String: names of types are case-sensitive\n" in with_hints
    assert "hint" not in without


def test_an_error_names_its_own_file():
    found = check(
        [("a.prisma", DATASOURCE), ("b/c.prisma", "model A {\n  id Int @id\n  x y\n}")], 7
    )
    assert "  -->  b/c.prisma:3\n" in render(found.source, found.errors, with_hints=False)


def test_errors_of_every_pass_are_reported_together():
    found = messages(
        "nonsense\nmodel A {\n  id Int @id\n  id Int\n  x Missing\n  y Int @nope\n}\n"
        "generator c {\n}\n"
    )
    assert [one.split(" ")[0] for one in found] == [
        "Error",
        "Field",
        "Type",
        "Attribute",
        "Argument",
    ]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("model A {\n  x Int\n}\n", "Each model must have at least one unique criteria"),
        ("model A {\n  id Int @id @db.Text\n}\n", "Native type Text is not compatible"),
        (
            "model A {\n  id Int @id\n  b B\n}\nmodel B {\n  id Int @id\n}\n",
            "is missing an opposite",
        ),
        ('model A {\n  id Int @id\n  @@map("B")\n}\nmodel B {\n  id Int @id\n}\n', "database name"),
        ('model A {\n  id Json @id @default("{")\n}\n', "EOF while parsing an object at line 1"),
        ("model A {\n  id Int @id\n  t T\n}\ntype T {\n  x Int\n}\n", "Composite types are not"),
        ("view V {\n  x Int @unique\n}\n", "only available with the `views` preview feature"),
        (
            "model A {\n  id Int @id\n  x String @db.Xml @unique\n}\n",
            "cannot be unique in Postgres",
        ),
        ("model A {\n  id Int @id\n  @@index([id], type: Gin)\n}\n", "does not support the type"),
        ('model A {\n  id Unsupported("uuid")\n  x Unsupported("Uuid") @unique\n}\n', "@db.Uuid"),
    ],
)
def test_rules_that_need_the_whole_model(body, message):
    assert any(message in one for one in messages(body))


def test_one_name_for_two_constraints_is_said_at_both():
    found = messages(
        'model A {\n  id Int @id(map: "x")\n}\n'
        'model B {\n  id Int @id\n  n Int @unique(map: "x")\n}\n'
    )
    assert len(found) == 2
    assert all("`x` has to be unique in the following namespace: global" in one for one in found)


def test_circles_matter_only_where_the_client_runs_them():
    body = (
        "model A {\n  id Int @id\n  bId Int\n"
        '  b B @relation("x", fields: [bId], references: [id], onDelete: Cascade)\n'
        '  back B? @relation("y")\n}\n'
        "model B {\n  id Int @id\n  aId Int @unique\n"
        '  a A @relation("y", fields: [aId], references: [id], onDelete: Cascade)\n'
        '  as A[] @relation("x")\n}\n'
    )
    assert messages(body) == []
    emulated = DATASOURCE.replace("}", '  relationMode = "prisma"\n}') + body
    found = [one.message for one in check([("s", emulated)], 7).errors]
    assert len(found) == 2
    assert "Cycle path: A.b → B.a. (Implicit default `onUpdate`: `Cascade`)" in found[0]


def test_another_provider_gets_one_clear_error():
    text = 'datasource db {\n  provider = "mysql"\n  url = "mysql://x"\n}\nmodel A {\n}\n'
    found = check([("schema.prisma", text)], 6)
    assert [one.message for one in found.errors] == [
        'Datasource provider not supported here: "mysql". Forebay works with PostgreSQL.'
    ]


def test_warnings_are_no_errors():
    body = (
        "model A {\n  id Int @id\n  bId Int\n"
        "  b B @relation(fields: [bId], references: [id], onDelete: SetNull)\n}\n"
        "model B {\n  id Int @id\n  as A[]\n}\n"
    )
    found = checked(body)
    assert found.errors == []
    shown = render_warnings(found.source, found.warnings, with_hints=False)
    assert shown.startswith("warning: The `onDelete` referential action")


def test_urls_belong_into_the_schema_of_prisma_6_alone():
    assert check([("s", _URL + _MODEL)], 6).errors == []
    (refused,) = check([("s", _URL + _MODEL)], 7).errors
    assert refused.message.startswith("The datasource property `url` is no longer supported")
    (missing,) = check([("s", DATASOURCE + _MODEL)], 6).errors
    assert missing.message == 'Argument "url" is missing in data source block "db".'


def test_what_one_version_takes_is_taken_with_a_note():
    verdict = judge([("s", _URL + _MODEL)])
    assert (verdict.checked.prisma, verdict.checked.errors) == (6, [])
    assert verdict.note is not None
    assert verdict.note.startswith("valid for Prisma 6, and not for Prisma 7: The datasource")


def test_what_both_take_needs_no_note():
    verdict = judge([("s", _MODEL)])
    assert (verdict.checked.errors, verdict.note) == ([], None)


@pytest.mark.parametrize(("head", "version"), [(_URL, 6), (DATASOURCE, 7)])
def test_the_errors_are_those_of_the_version_a_schema_is_written_for(head, version):
    checked = judge([("s", head + "model A {\n  x Nope\n}\n")]).checked
    assert checked.prisma == version
    assert [one.message.split(" ")[:2] for one in checked.errors] == [["Type", '"Nope"']]


def test_loading_a_wrong_schema_raises_with_all_that_is_wrong():
    with pytest.raises(SchemaError) as caught:
        load([("s.prisma", DATASOURCE + "model A {\n  x Nope\n  y Nada\n}\n")])
    assert caught.value.code == "P1012"
    assert caught.value.message.startswith('s.prisma:5:5: Type "Nope"')
    assert "Validation Error Count: 2" in caught.value.rendered


def test_loading_a_sound_schema_returns_it():
    assert [model.name for model in load([("s.prisma", _URL + _MODEL)]).models] == ["A"]


@pytest.mark.parametrize("arguments", ["(,1)", "(,value: 1)", "(,1,)", "(1,,)"])
def test_a_comma_without_an_argument_before_it_breaks_the_line(arguments):
    found = messages(f"model A {{\n  id Int @id\n  x Int @default{arguments}\n}}\n")
    assert found[0].endswith("This line is not a valid field or attribute definition.")


def test_the_texts_of_a_field_without_a_type_are_read():
    found = messages('model A {\n  id Int @id\n  String @default("\\x")\n}\n')
    assert [one.split(".")[0] for one in found] == [
        "Unknown escape sequence",
        'Error validating model "A": This field declaration is invalid',
    ]


def test_the_last_of_two_fields_alike_is_meant_even_if_its_type_is_unknown():
    found = messages("model A {\n  x Int\n  x Missing\n  @@id([x])\n}\n")
    assert any("refers to the relation field `x`" in one for one in found)


@pytest.mark.parametrize(
    ("prisma", "said"),
    [
        (6, "The Gist index type does not support the type of the field `x`."),
        (7, "The Gist index field type `Geometry` has no default operator class."),
    ],
)
def test_an_unknown_native_type_counts_as_one_of_an_extension_for_prisma_7(prisma, said):
    body = "model A {\n  id Int @id\n  x Int @db.Geometry\n  @@index([x], type: Gist)\n}\n"
    found = check([("schema.prisma", (DATASOURCE if prisma == 7 else _URL) + body)], prisma)
    assert any(one.message.endswith(said) for one in found.errors)
