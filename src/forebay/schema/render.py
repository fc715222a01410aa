"""A syntax tree as text again, laid out as Prisma lays it out.

Nothing that is written gets lost: remarks keep their places, and broken lines stay as they are.
"""

from collections.abc import Sequence

from forebay.schema import lexer
from forebay.schema.table import Row, Table
from forebay.schema.tree import (
    Argument,
    Arguments,
    Array,
    Attribute,
    Blank,
    Block,
    Call,
    EnumValue,
    Expression,
    Field,
    Item,
    Object,
    Property,
    Remarks,
    Stray,
    String,
    Tree,
)

_ORDER = ("id", "unique", "default", "updatedAt", "index", "fulltext", "map", "relation", "ignore")
_RANKS = {name: rank for rank, name in enumerate(_ORDER)}
_LAST = len(_ORDER)
# The brackets of Prisma 1 are turned into today's; what is wrong with an optional list stays.
_ARITIES = {"": "", "?": "?", "[]": "[]", "[": "[]", "!": ""}


def render(tree: Tree, width: int) -> str:
    """Return a file's text, indented by a number of spaces."""
    out: list[str] = []
    items = tree.items
    start = 1 if items and isinstance(items[0], Blank) else 0
    for position in range(start, len(items)):
        item = items[position]
        if isinstance(item, Block):
            _block(item, out, " " * width)
        elif isinstance(item, Remarks):
            table = Table(out)
            _remarks(item, table)
            table.flush("")
        elif isinstance(item, Stray):
            out.append(item.raw)
        elif position + 1 < len(items):
            out.append("\n")
    text = "".join(out)
    return text if text.endswith("\n") else text + "\n"


def _block(block: Block, out: list[str], indent: str) -> None:
    out.append(f"{block.kind} {block.name} {{\n")
    table = Table(out)
    attributes: list[tuple[Remarks | None, Attribute]] = []
    waiting: Remarks | None = None
    items = block.items
    position = 1 if items and isinstance(items[0], Blank) else 0
    while position < len(items):
        after_blank = False
        if isinstance(items[position], Blank):
            after_blank = True
            position += 1
            following = items[position] if position < len(items) else None
            if not (following is None or isinstance(following, Attribute | Remarks)):
                table.flush(indent)
                table.add(Row())
            if following is None:
                break
        item = items[position]
        position += 1
        if isinstance(item, Attribute):
            attributes.append((waiting, item))
            waiting = None
        elif isinstance(item, Remarks):
            if position < len(items) and isinstance(items[position], Attribute):
                waiting = item
            else:
                if after_blank:
                    table.flush(indent)
                    table.add(Row())
                _remarks(item, table)
        else:
            table.add(_row(item))
    table.flush(indent)
    _attributes(attributes, table)
    table.flush(indent)
    out.append("}\n")


def _attributes(attributes: list[tuple[Remarks | None, Attribute]], table: Table) -> None:
    if attributes:
        table.add(Row())
    attributes.sort(key=lambda one: _rank(one[1]))
    for remarks, attribute in attributes:
        if remarks is not None:
            _remarks(remarks, table)
        table.add(Row(f"@@{attribute_text(attribute)}", suffix=attribute.remark or ""))


def _row(item: Item) -> Row | str:
    if isinstance(item, Field):
        attributes = (
            sorted(item.attributes, key=_rank) if len(item.attributes) > 1 else item.attributes
        )
        written = " ".join([f"@{attribute_text(one)}" for one in attributes])
        return Row(item.name, _type(item), written, suffix=item.remark or "")
    if isinstance(item, EnumValue):
        written = "".join([f"@{attribute_text(one)}" for one in item.attributes])
        return Row(item.name, written, suffix=item.remark or "")
    if isinstance(item, Property):
        value = f"= {expression_text(item.value)}" if item.value is not None else ""
        return Row(item.name, value, suffix=item.remark or "")
    return item.raw.rstrip("\n") if isinstance(item, Stray) else ""


def _rank(attribute: Attribute) -> int:
    return _RANKS.get(attribute.name, _LAST)


def _type(field: Field) -> str:
    return field.type + _ARITIES.get(field.arity, "[]?")


def attribute_text(attribute: Attribute) -> str:
    """Return an attribute without its signs."""
    if attribute.arguments is None:
        return attribute.name
    return f"{attribute.name}({_arguments(attribute.arguments)})"


def _arguments(arguments: Arguments) -> str:
    return ", ".join([_argument(one) for one in arguments.written])


def _argument(argument: Argument) -> str:
    value = "" if argument.value is None else expression_text(argument.value)
    return value if argument.name is None else f"{argument.name}: {value}"


def expression_text(value: Expression) -> str:
    """Return an expression."""
    if isinstance(value, String):
        return f'"{value.raw}"'
    if isinstance(value, Call):
        return f"{value.name}({_arguments(value.arguments)})"
    if isinstance(value, Array):
        return f"[{_listed(value.items)}]"
    if isinstance(value, Object):
        members = [f"{name}: {expression_text(one)}" for name, one in value.members]
        return f"{{ {', '.join(members)} }}"
    return value.text


def _listed(items: Sequence[Expression]) -> str:
    return ", ".join([expression_text(one) for one in items])


def _remarks(remarks: Remarks, table: Table) -> None:
    for one in lexer.REMARK.finditer(remarks.raw):
        if one.lastgroup == "doc":
            table.add(Row(suffix=f"///{one['doc']}"))
        elif one.lastgroup == "plain":
            table.add(Row(suffix=f"//{one['plain']}"))
        else:
            table.add(Row(suffix="/**"))
            for line in one["block"][2:-2].replace("\r\n", "\n").split("\n"):
                text = line.strip()
                if text.startswith("*"):
                    text = text[1:].lstrip()
                if text:
                    table.add(Row(suffix=f" * {text}"))
            table.add(Row(suffix=" */"))
