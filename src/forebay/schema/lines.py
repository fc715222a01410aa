"""One line inside a block: a field, an enum's value, a property or a block attribute.

Each reader returns where the next line begins, or 0 where the line is none of its kind; then
whatever was reported meanwhile is taken back, since the line is reported as a whole.
"""

from re import Match

from forebay.schema import lexer, texts
from forebay.schema.diagnostics import Diagnostics, Text
from forebay.schema.expressions import ExpressionParser
from forebay.schema.lexer import Patterns
from forebay.schema.remarks import RemarkFinder, joined
from forebay.schema.strings import StringReader
from forebay.schema.tree import Attribute, Block, EnumValue, Expression, Field, Property

_COMPOSITE_ATTRIBUTES = {
    "map": texts.COMPOSITE_MAP,
    "unique": texts.COMPOSITE_UNIQUE,
    "index": texts.COMPOSITE_INDEX,
    "fulltext": texts.COMPOSITE_FULLTEXT,
    "id": texts.COMPOSITE_ID,
}
_NOT_IN_COMPOSITE = frozenset({"relation", "unique", "id"})


class LineReader:
    """Reads the lines of blocks, in a range of the text."""

    __slots__ = (
        "_diagnostics",
        "_end",
        "_expressions",
        "_patterns",
        "_strings",
        "_text",
        "remarks",
    )

    def __init__(self, text: str, end: int, patterns: Patterns, diagnostics: Diagnostics) -> None:
        """Read `text` up to `end`."""
        self._text = text
        self._end = end
        self._patterns = patterns
        self._diagnostics = diagnostics
        self._strings = StringReader(diagnostics)
        self._expressions = ExpressionParser(text, end, patterns, self._strings)
        self.remarks = RemarkFinder(text, end)

    def attributes(self, position: int, into: list[Attribute]) -> int:
        """Read field attributes into a list, and return where the last one ends."""
        text, end = self._text, self._end
        match = self._patterns.field_attribute.match
        while True:
            found = match(text, position, end)
            if found is None:
                return position
            # White space behind a name without brackets counts as part of the attribute.
            position = found.end()
            arguments = None
            if found.lastgroup == "open":
                position -= 1
                read = self._expressions.arguments(found.end())
                if read:
                    arguments, position = read
            name_start = found.start("name")
            into.append(
                Attribute(found["name"], name_start, arguments, found.start("at"), position)
            )
            if found.lastgroup == "open" and arguments is None:
                return position

    def block_attribute(self, block: Block, found: Match[str]) -> int:
        """Read `@@name(…)`, of which `found` is the name."""
        text, end = self._text, self._end
        name_start = found.start("attribute")
        start = text.rindex("@@", found.start(), name_start)
        reported = len(self._diagnostics.errors)
        position = found.end()
        arguments = None
        opened = lexer.OPEN_ARGUMENTS.match(text, position, end)
        if opened and opened["open"]:
            read = self._expressions.arguments(opened.end())
            if read:
                arguments, position = read
        tail = self.remarks.tail(position)
        if tail is None:
            del self._diagnostics.errors[reported:]
            return 0
        name = found["attribute"]
        # White space and remarks behind it count as part of it.
        remark, position, following = tail
        attribute = Attribute(name, name_start, arguments, start, position, remark)
        block.items.append(attribute)
        if block.kind == "type":
            what = _COMPOSITE_ATTRIBUTES.get(name, texts.COMPOSITE_ATTRIBUTE)
            self._diagnostics.error(what, start, position)
        else:
            block.attributes.append(attribute)
        return following

    def field(self, block: Block, found: Match[str], remarks: str | None) -> int:
        """Read a field, of which `found` is the name."""
        text, end = self._text, self._end
        start = found.start("word")
        errors = self._diagnostics.errors
        reported = len(errors)
        typed = self._patterns.field_type.match(text, found.end(), end)
        if typed is None:
            return 0
        attributes: list[Attribute] = []
        kind = typed.lastgroup
        base = typed["base"] or typed["listed"]
        position = typed.end() if kind else found.end()
        unsupported = None
        if base is not None and len(base) > 12 and base.startswith("Unsupported("):
            unsupported = self._unsupported(typed.start(kind if kind == "listed" else "base"))
        tail = self.remarks.tail(position)
        if tail is None:
            position = self.attributes(position, attributes)
            tail = self.remarks.tail(position)
            if tail is None:
                del errors[reported:]
                return 0
        remark, _, stop = tail
        node = Field(
            found["word"],
            base or "",
            unsupported,
            (typed["arity"] or "") if kind != "listed" else "[",
            typed.start("base"),
            typed.end("base"),
            attributes,
            joined(remarks, remark) if remarks or remark else None,
            remark,
            start,
            stop,
        )
        block.items.append(node)
        problem = _legacy(typed, base, node.arity)
        if problem or base is None:
            if problem:
                del errors[reported:]
                what, at, stop_at = problem
                self._diagnostics.error(what, at, stop_at)
            else:
                self._diagnostics.error(
                    texts.FIELD_WITHOUT_TYPE, start, stop, kind=block.kind, model=block.name
                )
            return stop
        if block.kind == "type":
            self._composite_field(node)
        block.fields.append(node)
        return stop

    def _unsupported(self, start: int) -> str:
        found = lexer.UNSUPPORTED.match(self._text, start, self._end)
        if found is None:  # the field's type has matched the same text
            return ""
        raw = found["string"][1:-1]
        return self._strings.read(raw, found.start("string") + 1) if "\\" in raw else raw

    def _composite_field(self, node: Field) -> None:
        for attribute in node.attributes:
            if attribute.name in _NOT_IN_COMPOSITE:
                self._diagnostics.error(
                    texts.COMPOSITE_FIELD_ATTRIBUTE, node.start, node.end, name=attribute.name
                )

    def value(self, block: Block, found: Match[str], remarks: str | None) -> int:
        """Read an enum's value, of which `found` is the name."""
        reported = len(self._diagnostics.errors)
        attributes: list[Attribute] = []
        position = self.attributes(found.end(), attributes)
        tail = self.remarks.tail(position)
        if tail is None:
            del self._diagnostics.errors[reported:]
            return 0
        remark, _, following = tail
        said = joined(remarks, remark) if remarks or remark else None
        node = EnumValue(found["word"], attributes, said, remark, found.start("word"), following)
        block.items.append(node)
        block.values.append(node)
        return following

    def property(self, block: Block, found: Match[str]) -> int:
        """Read `key = value`, of which `found` is the key."""
        equals = lexer.EQUALS.match(self._text, found.end(), self._end)
        if equals is None:
            return 0
        reported = len(self._diagnostics.errors)
        position = equals.end()
        value: Expression | None = None
        read = self._expressions.expression(position)
        if read:
            value, position = read
        tail = self.remarks.tail(position)
        if tail is None:
            del self._diagnostics.errors[reported:]
            return 0
        remark, stop, following = tail
        node = Property(found["word"], value, remark, found.start("word"), stop)
        block.items.append(node)
        block.properties.append(node)
        return following


def _legacy(typed: Match[str], base: str | None, arity: str) -> tuple[Text, int, int] | None:
    """Say what of Prisma 1's is written in a field's type, and from where to where."""
    if typed["colon"]:
        return texts.LEGACY_COLON, typed.start("colon"), typed.end("colon")
    if base is None:
        return None
    if arity == "[":
        return texts.LEGACY_LIST, typed.string.rindex("[", 0, typed.start("listed")), typed.end()
    if arity == "!":
        return texts.LEGACY_REQUIRED, typed.start("base"), typed.end("arity")
    if len(arity) > 2:
        return texts.OPTIONAL_LIST, typed.start("base"), typed.end("arity")
    return None
