"""From text to tree: Prisma's grammar, and what it makes of broken lines.

The grammar never gives up: what fits nothing is one broken line, reported, and the next line is
read as if nothing had happened. So every error of a file is found in one reading. A block whose
closing brace never comes is no block; where its contents were tried is remembered, so that a file
of unclosed blocks is still read in linear time.
"""

from re import Match

from forebay.schema import lexer, texts
from forebay.schema.diagnostics import Diagnostics, Text
from forebay.schema.lexer import Patterns, patterns_for
from forebay.schema.lines import LineReader
from forebay.schema.remarks import documentation
from forebay.schema.source import Source
from forebay.schema.tree import Blank, Block, Remarks, Stray, Tree

# Invisible in an editor; some write it at the head of a file in UTF-8.
_MARK = "\ufeff"
_CONFIG = frozenset({"datasource", "generator"})
_STRAY_LINES = {
    "model": texts.STRAY_FIELD_LINE,
    "view": texts.STRAY_FIELD_LINE,
    "type": texts.STRAY_FIELD_LINE,
    "enum": texts.STRAY_ENUM_LINE,
}


def parse(source: Source, diagnostics: Diagnostics, *, with_objects: bool = True) -> list[Tree]:
    """Read every file of a schema; what is wrong with the text goes to `diagnostics`."""
    patterns = patterns_for(source.text, with_objects=with_objects)
    return [
        Parser(source, number, patterns, diagnostics).tree() for number in range(len(source.names))
    ]


class Parser:
    """Reads one file of a schema."""

    __slots__ = (
        "_diagnostics",
        "_end",
        "_file",
        "_last_close",
        "_lines",
        "_never_closing",
        "_patterns",
        "_pending",
        "_position",
        "_text",
    )

    def __init__(
        self, source: Source, file: int, patterns: Patterns, diagnostics: Diagnostics
    ) -> None:
        """Read file number `file` of `source`."""
        self._file = file
        self._diagnostics = diagnostics
        self._text = source.text
        self._position = source.starts[file]
        self._end = source.starts[file + 1]
        self._patterns = patterns
        self._lines = LineReader(self._text, self._end, patterns, diagnostics)
        self._last_close = self._text.rfind("}", self._position, self._end)
        self._never_closing: set[tuple[str, int]] = set()
        self._pending: str | None = None

    def tree(self) -> Tree:
        """Read the whole file."""
        tree = Tree([], [])
        match = self._patterns.top.match
        while True:
            found = match(self._text, self._position, self._end)
            kind = found.lastgroup if found else None
            if found is None or kind is None:
                return tree
            start = found.start(kind)
            if kind == "blank":
                tree.items.append(Blank())
                self._position = found.end()
            elif kind == "other" and (stop := self._lines.remarks.block_end(start)):
                self._remarks(tree, start, stop)
            elif kind != "block" or not self._block(tree, found, start):
                self._stray(tree, start)

    def _remarks(self, tree: Tree, start: int, stop: int) -> None:
        raw = self._text[start:stop]
        self._position = stop
        tree.items.append(Remarks(raw, start))
        # Remarks belong to the block that follows at once; one that a datasource or generator
        # does not take waits for the next block that does.
        following = self._patterns.top.match(self._text, self._position, self._end)
        if following and following.lastgroup == "block":
            self._pending = raw

    def _stray(self, tree: Tree, start: int) -> None:
        what, stop = self._what_is_stray(start)
        self._diagnostics.error(what, start, stop)
        tree.items.append(Stray(self._text[start:stop]))
        self._position = stop

    def _what_is_stray(self, start: int) -> tuple[Text, int]:
        text, end = self._text, self._end
        alias = self._patterns.alias.match(text, start, end)
        if alias:
            return texts.TYPE_ALIAS, self._lines.attributes(alias.end(), [])
        opened = self._patterns.stray_block.match(text, start, end)
        if opened and opened.end() <= self._last_close:
            return texts.STRAY_BLOCK, text.index("}", opened.end(), end) + 1
        what = texts.STRAY_LINE
        if text.startswith(_MARK, start):
            what = what._replace(hint=texts.HINT_OF_MARK)
        return what, _line_end(text, start, end)

    def _block(self, tree: Tree, found: Match[str], start: int) -> bool:
        """Read a block whose opening line is `found`; False where it is never closed."""
        kind = found["keyword"]
        contents = found.end("open")
        if contents > self._last_close:
            return False
        reported = len(self._diagnostics.errors)
        block = Block(kind, found["name"], found.start("name"), start, file=self._file)
        if not self._contents(block, contents):
            del self._diagnostics.errors[reported:]
            return False
        if kind not in _CONFIG and self._pending is not None:
            block.documentation = documentation(self._pending)
            self._pending = None
        block.end = self._position
        tree.items.append(block)
        tree.blocks.append(block)
        return True

    def _contents(self, block: Block, position: int) -> bool:
        """Read what is between the braces; False where the closing one never comes."""
        kind = block.kind
        match = self._patterns.line.match
        tried = []
        pending: str | None = None
        while (kind, position) not in self._never_closing:
            tried.append((kind, position))
            found = match(self._text, position, self._end)
            what = found.lastgroup if found else None
            if found is None or what is None:
                break
            if what == "word":
                stop = self._word(block, found, pending)
                pending = None if stop else pending
            elif what == "blank":
                block.items.append(Blank())
                stop = found.end()
            elif what == "close":
                self._position = found.end()
                return True
            elif what == "attribute":
                stop = 0 if kind in _CONFIG else self._lines.block_attribute(block, found)
            else:
                stop = self._lines.remarks.block_end(found.start(what))
                if stop:
                    pending = self._remark_lines(block, found.start(what), stop)
            position = stop or self._stray_line(block, found)
        self._never_closing.update(tried)
        return False

    def _remark_lines(self, block: Block, start: int, stop: int) -> str:
        raw = self._text[start:stop]
        block.items.append(Remarks(raw, start))
        if block.kind in _CONFIG:
            block.documentation = documentation(raw)
        return raw

    def _word(self, block: Block, found: Match[str], remarks: str | None) -> int:
        if block.kind == "enum":
            return self._lines.value(block, found, remarks)
        if block.kind in _CONFIG:
            return self._lines.property(block, found)
        return self._lines.field(block, found, remarks)

    def _stray_line(self, block: Block, found: Match[str]) -> int:
        text = self._text
        start = found.start(found.lastgroup or 0)
        if found.lastgroup == "attribute":
            start = text.rindex("@@", found.start(), start)
        stop = _line_end(text, start, self._end)
        what = _STRAY_LINES.get(block.kind, texts.STRAY_CONFIG_LINE)
        self._diagnostics.error(what, start, stop, kind=block.kind)
        block.items.append(Stray(text[start:stop]))
        return stop


def _line_end(text: str, start: int, end: int) -> int:
    found = lexer.STRAY_LINE.match(text, start, end)
    return found.end() if found else end
