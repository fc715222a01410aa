"""The formatter: columns, remarks, broken lines, and what it adds to relations."""

import pytest

from forebay.schema.check import check
from forebay.schema.format import format_files
from forebay.schema.inflection import camel_case, plural
from tests.reference.cases import read_cases


def _formatted(text: str) -> str:
    return format_files([("schema.prisma", text)], 7)[0][1]


def test_names_types_and_attributes_stand_in_columns():
    assert _formatted('model A{ \nid Int @id\nemail   String? @map( "e" )@unique // x\n}') == (
        'model A {\n  id    Int     @id\n  email String? @unique @map("e") // x\n}\n'
    )


def test_an_empty_line_begins_new_columns():
    assert _formatted("model A {\n  id Int @id\n\n  longer String @unique\n}\n") == (
        "model A {\n  id Int @id\n\n  longer String @unique\n}\n"
    )


def test_block_attributes_go_to_the_end_with_their_remarks():
    assert (
        _formatted('model A {\n  // of the map\n  @@map("x")\n  id Int\n  @@id([id]) // key\n}\n')
        == 'model A {\n  id Int\n\n  @@id([id]) // key\n  // of the map\n  @@map("x")\n}\n'
    )


def test_columns_are_counted_in_bytes_as_prisma_does():
    assert _formatted("model A {\n  é Int @id\n  bb Int @unique\n}\n") == (
        "model A {\n  é Int @id\n  bb Int @unique\n}\n"
    )


def test_broken_lines_stay_as_they_are():
    text = "model A {\n  id Int @id\n  what is   this\n  b  Int\n}\n\nnor   this\n"
    assert _formatted(text) == text


def test_remarks_of_several_lines_get_one_shape():
    assert _formatted("/* one\n   two */\nenum E {\n  A\n}\n") == (
        "/**\n * one\n * two\n */\nenum E {\n  A\n}\n"
    )


def test_windows_line_ends_become_plain_ones():
    assert _formatted("model A {\r\n  id   Int @id\r\n}\r\n") == "model A {\n  id Int @id\n}\n"


def test_nothing_is_one_line_break():
    assert _formatted("") == "\n"


def test_the_other_side_of_a_relation_is_added():
    assert _formatted(
        "model User {\n  id Int @id\n}\n\nmodel Category {\n  id Int @id\n  user User\n}\n"
    ) == (
        "model User {\n"
        "  id         Int        @id\n"
        "  categories Category[]\n"
        "}\n\n"
        "model Category {\n"
        "  id     Int  @id\n"
        "  user   User @relation(fields: [userId], references: [id])\n"
        "  userId Int\n"
        "}\n"
    )


def test_what_is_added_goes_into_the_file_of_its_model():
    files = [
        ("a.prisma", "model A {\n  id Int @id\n}\n"),
        ("b.prisma", "model B {\n  id Int @id\n  a A\n}\n"),
    ]
    first, second = (text for _, text in format_files(files, 7))
    assert "bs B[]" in first.replace("  ", " ")
    assert "@relation(fields: [aId], references: [id])" in second


def test_a_schema_with_unknown_types_is_laid_out_and_not_completed():
    text = "model A {\n  id Int @id\n  b  B\n  c  C\n}\n\nmodel B {\n  id Int @id\n}\n"
    assert _formatted(text) == text


@pytest.mark.parametrize("version", [6, 7])
def test_a_sound_schema_is_sound_when_it_is_formatted(version):
    sound = [
        files
        for case in read_cases()
        if not check(files := case.for_version(str(version)), version).errors
    ]
    assert len(sound) > 50
    for files in sound:
        assert check(format_files(files, version), version).errors == []


@pytest.mark.parametrize(
    ("name", "camel", "many"),
    [
        ("User", "user", "users"),
        ("BlogPost", "blogPost", "blogPosts"),
        ("blog_post", "blogPost", "blogPosts"),
        ("HTTPRequest", "httprequest", "httprequests"),
        ("Story", "story", "stories"),
        ("Bus", "bus", "buses"),
        ("Person", "person", "people"),
        ("News", "news", "news"),
        ("Equipment", "equipment", "equipment"),
        ("Quiz", "quiz", "quizzes"),
        ("v2Thing", "v2Thing", "v2Things"),
    ],
)
def test_names_of_added_fields(name, camel, many):
    assert camel_case(name) == camel
    assert plural(camel) == many
