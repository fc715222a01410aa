"""A schema formatted: what Prisma would add to its relations is added, and all of it laid out."""

from collections.abc import Sequence

from forebay.schema.check import Version, analyse
from forebay.schema.collection import paused
from forebay.schema.complete import Addition, additions
from forebay.schema.diagnostics import Diagnostics
from forebay.schema.parser import parse
from forebay.schema.render import render
from forebay.schema.source import Source


@paused()
def format_files(
    files: Sequence[tuple[str, str]], prisma: Version, *, width: int = 2
) -> list[tuple[str, str]]:
    """Return the files of a schema, formatted; broken lines stay as they are.

    Only a schema whose names and types are sound has its relations completed.
    """
    source = Source(files)
    diagnostics = Diagnostics()
    trees = parse(source, diagnostics, with_objects=prisma >= 7)
    schema, _ = analyse(trees, diagnostics, prisma)
    missing = [] if diagnostics.errors else additions(schema, source.text)
    formatted = []
    for number, (name, text) in enumerate(files):
        own = [one for one in missing if one.file == number]
        tree = trees[number]
        if own:
            completed = _insert(text, own, source.starts[number])
            again = Source([(name, completed)])
            tree = parse(again, Diagnostics(), with_objects=prisma >= 7)[0]
        formatted.append((name, render(tree, width)))
    return formatted


def _insert(text: str, missing: list[Addition], start: int) -> str:
    out = []
    last = 0
    for one in sorted(missing, key=lambda addition: addition.position):
        position = one.position - start
        out.append(text[last:position])
        out.append(one.text)
        last = position
    out.append(text[last:])
    return "".join(out)
