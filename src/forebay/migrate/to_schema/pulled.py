"""Puts a pulled schema together, file by file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from forebay.migrate.database import Database, Enum, Table, View
from forebay.migrate.to_schema.blocks import Blocks
from forebay.migrate.to_schema.configuration import (
    EXTENSIONS,
    datasource_text,
    extensions_of,
    generator_text,
)
from forebay.migrate.to_schema.kept import Kept
from forebay.migrate.to_schema.known import Key, Known
from forebay.migrate.to_schema.warnings import of_computed, warnings
from forebay.schema.check import Checked
from forebay.schema.format import format_files
from forebay.schema.model import Enum as SchemaEnum
from forebay.schema.model import Model, Schema
from forebay.schema.tree import Block

# Where new blocks go when the schema is a folder of files.
NEW_FILE = "introspected.prisma"

_Found = TypeVar("_Found", Table, View, Enum)


@dataclass(frozen=True, slots=True)
class PulledView:
    """The definition of a view, for a file of its own."""

    schema: str
    name: str
    definition: str


@dataclass(frozen=True, slots=True)
class Pulled:
    """A pulled schema: its files, what to warn of, and what there is in it.

    ``warnings`` are Prisma's, ``computed`` is what it says nothing of.
    """

    files: tuple[tuple[str, str], ...]
    warnings: str | None
    views: tuple[PulledView, ...]
    models: int
    enums: int
    computed: str | None = None


def to_schema(
    found: Database,
    before: Checked,
    files: Sequence[tuple[str, str]],
    *,
    new_file: str,
    schemas: Sequence[str] | None = None,
    is_fresh: bool = False,
) -> Pulled:
    """Return what is found as the files of a schema.

    ``before`` is what ``files`` say; of it, ``is_fresh`` keeps generators and datasource alone.
    ``schemas`` are those that the datasource is to name, ``new_file`` is where new blocks go.
    """
    known = Known(found, _bare(before.schema) if is_fresh else before.schema)
    return _Writer(known, before, files, new_file, schemas, is_fresh).pulled()


class _Writer:
    def __init__(
        self,
        known: Known,
        before: Checked,
        files: Sequence[tuple[str, str]],
        new_file: str,
        schemas: Sequence[str] | None,
        is_fresh: bool,
    ) -> None:
        self._known = known
        self._before = before
        self._names = [name for name, _ in files]
        self._kept = Kept(() if is_fresh else before.trees)
        self._of_configuration = Kept(before.trees)
        self._new_file = new_file
        self._schemas = schemas
        self._is_fresh = is_fresh
        source = before.schema.datasource
        self._blocks = Blocks(known, self._kept, source.name if source is not None else "db")

    def pulled(self) -> Pulled:
        known, blocks = self._known, self._blocks
        parts: dict[str, list[str]] = {name: [] for name in self._names}
        for name, text in self._configuration():
            parts[name].append(text)
        self._add(parts, known.shown, known.models, blocks.table)
        self._add(parts, known.views, known.known_views, blocks.view)
        self._add(parts, known.found.enums, known.enums, blocks.enum)
        for number, name in enumerate(self._names):
            if lines := self._kept.at_end(number):
                parts[name].append("\n".join(lines))
        texts = [(name, "\n\n".join(own) + "\n") for name, own in parts.items()]
        return Pulled(
            tuple(format_files(texts, self._before.prisma)),
            warnings(known, blocks.relations),
            tuple(
                PulledView(view.home or "", known.view(view.key).name, view.definition)
                for view in known.views
            ),
            sum(bool(one.columns) for one in known.shown),
            len(known.found.enums),
            of_computed(known),
        )

    def _add(
        self,
        parts: dict[str, list[str]],
        found: Iterable[_Found],
        before: dict[Key, Model] | dict[Key, SchemaEnum],
        write: Callable[[_Found], str],
    ) -> None:
        """Write what is found where it was, in the order in which it was; what is new, behind."""
        last = len(self._names), 0
        placed = []
        for one in found:
            known = before.get(one.key)
            place = (known.node.file, known.node.start) if known is not None else last
            if isinstance(one, Table) and not one.columns:
                place = self._kept.tables.get(self._known.table(one.key).name, last)
            placed.append((place, one))
        for (file, _), one in sorted(placed, key=lambda pair: pair[0]):
            name = self._names[file] if file < len(self._names) else self._new_file
            parts.setdefault(name, []).append(write(one))

    def _configuration(self) -> Iterable[tuple[str, str]]:
        """Yield generators and datasources with the files that they are in."""
        source = self._before.source
        schema = self._before.schema
        has_partial = any(
            index.where is not None for table in self._known.shown for index in table.indexes
        )
        for number, tree in enumerate(self._before.trees):
            for block in tree.blocks:
                if block.kind == "generator":
                    own = generator_text(block, source.text, has_partial=has_partial)
                elif block.kind == "datasource":
                    own = self._datasource(block, schema)
                else:
                    continue
                kept = self._of_configuration
                apart = kept.apart(block)
                lines = [*apart, *([""] if apart else []), *kept.before(block), own]
                yield self._names[number], "\n".join(lines)

    def _datasource(self, block: Block, schema: Schema) -> str:
        extensions = None
        if schema.datasource is not None and EXTENSIONS in schema.preview_features:
            extensions = extensions_of(self._known.found, schema.datasource)
        listed = None if self._schemas is None else [f'"{one}"' for one in self._schemas]
        text = self._before.source.text
        return datasource_text(block, text, schemas=listed, extensions=extensions)


def _bare(schema: Schema) -> Schema:
    return Schema(datasource=schema.datasource, generators=schema.generators)
