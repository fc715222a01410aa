"""From text to tree: what is kept, what is said of broken lines, and where."""

import pytest

from forebay.schema.diagnostics import Diagnostics
from forebay.schema.parser import parse
from forebay.schema.source import Source
from forebay.schema.tree import Array, Blank, Block, Call, Constant, Number, Object, Remarks, String
from tests.schema.shown import tree_of

_STRAY = "Error validating: This line is not a valid field or attribute definition."
_TOP = "Error validating: This line is invalid. It does not start with any known Prisma schema"


def _block(text: str) -> Block:
    tree, wrong = tree_of(text)
    assert wrong == []
    return tree.blocks[0]


def test_a_field_is_read_with_everything_it_has():
    block = _block('model A {\n  name String[] @default(["a"]) @map("n") // why\n}\n')
    field = block.fields[0]
    assert (field.name, field.type, field.arity) == ("name", "String", "[]")
    assert [one.name for one in field.attributes] == ["default", "map"]
    assert field.remark == "// why"


def test_an_expression_of_every_kind():
    block = _block('model A {\n  @@x([a, "b", 1.5, c(d: 1), -2], e: {f: {not: null}})\n}\n')
    given = block.attributes[0].given
    array = given[0].value
    assert isinstance(array, Array)
    assert [type(one) for one in array.items] == [Constant, String, Number, Call, Number]
    assert given[1].name == "e"
    assert isinstance(given[1].value, Object)


def test_places_are_offsets_into_the_text():
    text = "model A {\n  id Int @default(value: 12)\n}\n"
    attribute = _block(text).fields[0].attributes[0]
    assert text[attribute.start : attribute.end] == "@default(value: 12)"
    assert text[attribute.given[0].start : attribute.given[0].end] == "value: 12"


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_any_line_end_ends_a_line(line_end):
    text = line_end.join(["model A {", "  id Int", "", "  name String // x", "}", ""])
    block = _block(text)
    assert [field.name for field in block.fields] == ["id", "name"]
    assert block.fields[1].remark == "// x"


def test_letters_of_any_script_make_names_and_other_signs_do_not():
    tree, wrong = tree_of("model Größe {\n  日本 Int\n  a² Int\n  _b Int\n}\n")
    assert tree.blocks[0].name == "Größe"
    assert [field.name for field in tree.blocks[0].fields] == ["日本"]
    assert wrong == [(_STRAY, 3), (_STRAY, 4)]


def test_every_broken_line_is_reported_and_the_rest_is_read():
    tree, wrong = tree_of(
        "model A {\n  id Int\n  x y z\n  name String @default(\n  @@index([id]\n  last Int\n}\nhm\n"
    )
    assert [field.name for field in tree.blocks[0].fields] == ["id", "last"]
    assert [line for _, line in wrong] == [3, 4, 5, 8]
    assert wrong[-1][0].startswith(_TOP)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("id: Int", "Field declarations don't require a `:`."),
        ("id Int!", "Fields are required by default, `!` is no longer required."),
        ("id [Int]", "To specify a list, please use `Type[]` instead of `[Type]`."),
        ("id Int[]?", "Optional lists are not supported. Use either `Type[]` or `Type?`."),
        (
            "id",
            'Error validating model "A": This field declaration is invalid. It is either missing '
            "a name or a type.",
        ),
        ('id Int @default("\\u12")', "Invalid unicode escape sequence."),
        (
            'id Int @default("\\x")',
            "Unknown escape sequence. If the value is a windows-style path, `\\` must be escaped "
            "as `\\\\`.",
        ),
    ],
)
def test_what_is_wrong_with_a_line_is_said(line, message):
    _, wrong = tree_of(f"model A {{\n  {line}\n}}\n")
    assert wrong == [(message, 2)]


@pytest.mark.parametrize(
    ("written", "value"),
    [
        (r"\n\t\"\\\/", '\n\t"\\/'),
        (r"\u0041", "A"),
        (r"\ud83d\ude00", "😀"),
    ],
)
def test_escapes_in_strings(written, value):
    block = _block(f'model A {{\n  a String @default("{written}")\n}}\n')
    found = block.fields[0].attributes[0].given[0].value
    assert isinstance(found, String)
    assert (found.value, found.raw) == (value, written)


def test_documentation_is_what_stands_before_and_behind():
    block = _block(
        "/// of the model\nmodel A {\n  /// before\n  // not this\n  /* and this */\n"
        "  id Int /// behind\n  plain Int // nothing\n}\n"
    )
    assert block.documentation == "of the model"
    assert [field.documentation for field in block.fields] == [
        "before\n/* and this\nbehind",
        None,
    ]


def test_documentation_apart_from_a_block_is_nobodys():
    assert _block("/// alone\n\nmodel A {\n  id Int\n}\n").documentation is None


def test_nothing_between_the_braces_gets_lost():
    block = _block('model A {\n\n  // one\n  id Int\n\n\n  @@map("x")\n}\n')
    assert [type(item).__name__ for item in block.items] == [
        "Blank",
        "Remarks",
        "Field",
        "Blank",
        "Attribute",
    ]


def test_a_block_that_never_closes_is_a_line_and_no_more():
    tree, wrong = tree_of("model A {\n  id Int\nmodel B {\n  id Int\n")
    assert tree.blocks == []
    assert [line for _, line in wrong] == [1, 2, 3, 4]


def test_a_block_takes_the_closing_brace_that_comes_next():
    tree, wrong = tree_of("model A {\n  id Int\nmodel B {\n  name String\n}\n")
    assert [field.name for field in tree.blocks[0].fields] == ["id", "name"]
    assert wrong == [(_STRAY, 3)]


def test_a_remark_that_never_closes_is_no_remark():
    tree, wrong = tree_of("/* open\nmodel A {\n  id Int\n}\n")
    assert not any(isinstance(item, Remarks) for item in tree.items)
    assert [line for _, line in wrong] == [1]
    assert tree.blocks[0].name == "A"


def test_a_remark_over_several_lines_is_one():
    tree, wrong = tree_of("/* one\n two }\n*/\n\nmodel A {\n  id Int /* x\n y */\n}\n")
    assert wrong == []
    assert isinstance(tree.items[0], Remarks)
    assert isinstance(tree.items[1], Blank)
    assert tree.blocks[0].fields[0].documentation == "x\n y"


def test_brackets_deeper_than_anybody_writes_end_no_program():
    deep = "[" * 5000
    _, wrong = tree_of(f"model A {{\n  id Int @default({deep})\n}}\n")
    assert wrong == [(_STRAY, 2)]


def test_a_byte_order_mark_is_named_where_it_makes_a_line_stray():
    diagnostics = Diagnostics()
    parse(Source([("a", "// sound\n"), ("b", "\ufeffmodel A {\n}\n")]), diagnostics)
    first, second = diagnostics.errors
    assert first.message == second.message
    assert "byte order mark" in (first.hint or "")
    assert "byte order mark" not in (second.hint or "")
