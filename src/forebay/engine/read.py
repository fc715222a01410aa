"""Reads: a selection with its arguments becomes nodes of a plan, each one statement of flat rows.

Single related records are joined; each list of related records is a node of its own, which finds
them by the parents' condition in the same round trip, or by the parents' keys in the next one
where the parents are cut in a way that a second query might cut otherwise.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from forebay.engine.catalog import Column, Link
from forebay.engine.order import Term, cursor_condition, implicit, is_stable, is_total, terms_of
from forebay.engine.page import read_page
from forebay.engine.rows import Joined, Layout, Many, Window
from forebay.engine.scope import Scope, Source
from forebay.engine.selection import Related, Selection
from forebay.engine.shape import SCOPE, Node
from forebay.engine.shaping import Shaper
from forebay.engine.statement import Builder, Statement
from forebay.engine.types import amount, array, how_many, key_text
from forebay.engine.where import conjunction, linked_tables, where

# How many lists inside lists are found by their parents' condition in one round trip. Planning such
# a query takes PostgreSQL about a third longer with every level: what is below goes by keys.
MOST_LEVELS = 8

# Says which records of a source belong to a node.
Restriction = Callable[[Source], str]
# Makes `SELECT columns` of the records that a node's parents have.
KeysQuery = Callable[[Builder, list[Column]], str]


@dataclass(slots=True)
class ReadNode:
    """One statement of a read.

    ``group`` are the places of the key by which a parent finds its rows. Nodes in ``along`` go in
    the same round trip; those in ``later`` need this one's rows: with the places of the keys.
    """

    number: int
    statement: Statement
    layout: Layout
    group: tuple[int, ...] = ()
    window: Window | None = None
    along: list[ReadNode] = field(default_factory=list)
    later: list[tuple[ReadNode, tuple[int, ...]]] = field(default_factory=list)
    shape: Shaper | None = None
    # The nodes of lists inside this one's records, with the places of their keys.
    below: list[tuple[int, tuple[int, ...]]] = field(default_factory=list)
    # None of its records are asked for: it is never sent.
    is_empty: bool = False


class ReadCompiler:
    """Compiles the nodes of one read."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.nodes: list[ReadNode] = []

    def node(
        self,
        selection: Selection,
        arguments: dict[str, Node],
        restriction: Restriction | None = None,
        *,
        limit_one: bool = False,
        extra: str | None = None,
    ) -> ReadNode:
        """Compile a node that is nobody's child; ``extra`` is selected last."""
        node = _NodeCompiler(self, selection, arguments, restriction, limit_one)
        node.extra = extra
        return node.compile()

    def reserve(self) -> int:
        """Take a number for a node."""
        self.nodes.append(None)  # type: ignore[arg-type]
        return len(self.nodes) - 1


class _NodeCompiler:
    """Compiles one node, and its children."""

    def __init__(
        self,
        reader: ReadCompiler,
        selection: Selection,
        arguments: dict[str, Node],
        restriction: Restriction | None,
        limit_one: bool = False,
        parent: _Parent | None = None,
    ) -> None:
        self.reader = reader
        self.scope = reader.scope
        self.entity = selection.entity
        self.selection = selection
        self.arguments = arguments
        self.restriction = restriction
        self.limit_one = limit_one
        self.parent = parent
        self.number = reader.reserve()
        self.expressions: list[str] = []
        self.extra: str | None = None
        self.page = read_page(self.scope, self.entity, arguments)
        self.children: list[tuple[Related, tuple[int, ...], KeysQuery, Layout]] = []

    def source(self, builder: Builder) -> Source:
        return Source(self.scope, builder, self.entity, builder.alias())

    def compile(self) -> ReadNode:
        builder = Builder()
        source = self.source(builder)
        group: tuple[int, ...] = ()
        tie = "TRUE"
        lateral = None
        layout = self._record(source, self.selection, lambda root: root)
        if self.parent is not None:
            group, tie, lateral = self.parent.attach(self, source)
        condition, terms, window = self._condition(source, tie)
        if self.extra is not None:
            self.add(self.extra)
        sql = self._assemble(source, condition, terms, window, lateral)
        node = ReadNode(self.number, builder.finish(sql), layout, group, window)
        node.is_empty = self.page.is_empty
        self.reader.nodes[self.number] = node
        self._children(node, terms)
        node.shape = layout.shaper()
        return node

    def add(self, expression: str) -> int:
        """Select an expression; return its place."""
        self.expressions.append(expression)
        return len(self.expressions) - 1

    def hidden(self, expression: str) -> int:
        """Return the place of an expression, which is selected if it is not yet."""
        if expression in self.expressions:
            return self.expressions.index(expression)
        return self.add(expression)

    # What is selected

    def _record(
        self, source: Source, selection: Selection, way: Callable[[Source], Source]
    ) -> Layout:
        layout = Layout(
            self.scope.shaping,
            selection.entity,
            selection.into,
            len(self.expressions),
            selection.columns,
        )
        for column in selection.columns:
            self.add(column.read(source.alias))
        if selection.has_counts:
            start = len(self.expressions)
            for link, condition in selection.counts:
                self.add(_count(source, link, condition))
            layout.counts = (start, [link.name for link, _ in selection.counts])
        for related in selection.related:
            if related.link.is_list:
                self._list(source, related, layout, way)
            else:
                self._single(source, related, layout, way)
        return layout

    def _single(
        self, source: Source, related: Related, layout: Layout, way: Callable[[Source], Source]
    ) -> None:
        link = related.link
        other = source.joined(link)
        presence = other.sql((link.other.identifier or link.far)[0])
        asked = [related.arguments.get(name) for name in ("where", SCOPE)]
        condition = conjunction([where(other, one) for one in asked])
        if condition != "TRUE":
            presence = f"CASE WHEN {condition} THEN {presence} END"
        place = self.hidden(presence)
        inner = self._record(other, related.selection, lambda root: way(root).joined(link))
        layout.joined.append(Joined(link.name, place, inner, link.is_required))

    def _list(
        self, source: Source, related: Related, layout: Layout, way: Callable[[Source], Source]
    ) -> None:
        places = tuple(self.hidden(column.read(source.alias)) for column in related.link.near)

        def keys(builder: Builder, columns: list[Column]) -> str:
            root = self.source(builder)
            end = way(root)
            tie = "TRUE"
            if self.parent is not None:
                tie = self.parent.tie(self, root)
            condition, terms, _ = self._condition(root, tie)
            chosen = ", ".join(end.sql(column) for column in columns)
            tail = self._tail(builder, terms)
            return (
                f"SELECT {chosen} FROM {self.entity.table} AS {root.alias}"
                f"{''.join(root.joins)} WHERE {condition}{tail}"
            )

        self.children.append((related, places, keys, layout))

    def _children(self, node: ReadNode, terms: list[Term]) -> None:
        level = self.parent.level if self.parent is not None else 0
        along = level < MOST_LEVELS and not self._needs_keys(terms, node.window)
        for related, places, keys, layout in self.children:
            parent = _Parent(related.link, keys if along else None, level + 1 if along else 0)
            child = _NodeCompiler(
                self.reader, related.selection, related.arguments, None, parent=parent
            ).compile()
            if along and not child.is_empty:
                node.along.append(child)
            elif not child.is_empty:
                node.later.append((child, places))
            node.below.append((child.number, places))
            layout.many.append(Many(related.link.name, child.number, places, child.layout))

    def _needs_keys(self, terms: list[Term], window: Window | None) -> bool:
        if window is not None and not _only_reverses(window):
            return True
        if self.parent is not None and self.page.cuts:
            return True
        cut = self.page.cuts or self.limit_one
        return cut and not is_total(self.entity, terms)

    # Which records, in which order

    def _condition(self, source: Source, tie: str) -> tuple[str, list[Term], Window | None]:
        parts = [tie]
        if self.restriction is not None:
            parts.append(self.restriction(source))
        parts.append(where(source, self.arguments.get("where")))
        page = self.page
        terms = terms_of(source, self.arguments.get("orderBy"))
        if not terms and (page.cursor or page.take or page.skips):
            terms = implicit(source)
        if page.is_reversed:
            terms = [term.reversed() for term in terms]
        if page.cursor is not None:
            parts.append(self._cursor(source, page.cursor, terms))
        return conjunction(parts), terms, self._window(source, terms)

    def _cursor(self, source: Source, cursor: dict[str, Node], terms: list[Term]) -> str:
        begun = []
        for i in range(len(terms)):
            inner = source.below(self.entity)
            same = terms_of(inner, self.arguments.get("orderBy")) or implicit(inner)
            key = where(inner, cursor)
            begun.append(
                f"(SELECT {same[i].expression} FROM {self.entity.table} AS {inner.alias}"
                f"{''.join(inner.joins)} WHERE {key})"
            )
        return cursor_condition(terms, begun)

    def _window(self, source: Source, terms: list[Term]) -> Window | None:
        page = self.page
        is_unstable = page.cursor is not None and (
            self.parent is not None or not is_stable(self.entity, terms)
        )
        if page.distinct is None and not is_unstable:
            return Window(is_reversed=True) if page.is_reversed else None
        window = Window(is_reversed=page.is_reversed, is_first=self.limit_one)
        if page.distinct is not None:
            window.distinct = tuple(
                self.hidden(column.read(source.alias)) for column in page.distinct
            )
        if page.cursor is not None:
            window.cursor = self.add(where(source, page.cursor))
        window.skip = page.skip.index if page.skip else None
        if not self.limit_one:
            window.take = page.take.index if page.take else None
        return window

    def _tail(self, builder: Builder, terms: list[Term], otherwise: str = "") -> str:
        tail = " ORDER BY " + ", ".join(term.sql for term in terms) if terms else otherwise
        if self.limit_one:
            return tail + " LIMIT 1" + self._offset(builder)
        if self.page.take is not None and self.page.take.index is not None:
            limit = builder.value(self.page.take.index, how_many)
            tail += f" LIMIT {limit}"
        return tail + self._offset(builder)

    def _offset(self, builder: Builder) -> str:
        skip = self.page.skip
        if skip is None or skip.index is None:
            return ""
        return f" OFFSET {builder.value(skip.index, amount)}"

    def _assemble(
        self,
        source: Source,
        condition: str,
        terms: list[Term],
        window: Window | None,
        lateral: str | None,
    ) -> str:
        chosen = ", ".join(self.expressions) or "1"
        sql = f"SELECT {chosen} FROM {self.entity.table} AS {source.alias}{''.join(source.joins)}"
        if condition != "TRUE":
            sql += f" WHERE {condition}"
        stored = ""
        if (source.joins or self.parent) and not self.entity.model.is_view:
            # A join may bring records in any order; without one they come as they are stored.
            stored = f" ORDER BY {source.alias}.ctid"
        if window is None or _only_reverses(window):
            sql += self._tail(source.builder, terms, stored)
        else:
            sql += " ORDER BY " + ", ".join(term.sql for term in terms) if terms else stored
        if lateral is not None:
            return f'SELECT "q".* FROM {lateral} CROSS JOIN LATERAL ({sql}) AS "q"'
        return sql


@dataclass(slots=True)
class _Parent:
    """How a node's records belong to records of another node; ``keys`` is None where that node's
    keys must be known first. ``level`` counts the lists around the records that need none.
    """

    link: Link
    keys: KeysQuery | None
    level: int

    def attach(
        self, node: _NodeCompiler, source: Source
    ) -> tuple[tuple[int, ...], str, str | None]:
        """Select the key, and return its places, the condition, and what is joined laterally."""
        far = self._far(source)
        places = tuple(node.hidden(_read(expression, column)) for expression, column in far)
        page = node.page
        is_cut = (page.take or page.skip) and page.distinct is None and not page.cursor
        if not is_cut:
            return places, self._tie(node, source, [expression for expression, _ in far]), None
        names = [f'"k"."k{i}"' for i in range(len(far))]
        tie = " AND ".join(
            f"{expression} = {name}" for (expression, _), name in zip(far, names, strict=True)
        )
        heads = ", ".join(f'"k{i}"' for i in range(len(far)))
        return places, tie, f'{self._keys_table(node, source.builder)} AS "k"({heads})'

    def tie(self, node: _NodeCompiler, source: Source) -> str:
        """Return the condition again, for a query inside another."""
        return self._tie(node, source, [expression for expression, _ in self._far(source)])

    def _far(self, source: Source) -> list[tuple[str, Column]]:
        link = self.link
        if not link.is_many_to_many:
            return [(source.sql(column), column) for column in link.far]
        between = source.builder.alias("m")
        source.joins.insert(
            0,
            f" JOIN {link.join_table} AS {between}"
            f" ON {between}.{link.far_join} = {source.sql(link.far[0])}",
        )
        return [(f"{between}.{link.near_join}", link.near[0])]

    def _tie(self, node: _NodeCompiler, source: Source, far: list[str]) -> str:
        builder = source.builder
        columns = self.link.near
        row = far[0] if len(far) == 1 else f"({', '.join(far)})"
        if self.keys is not None:
            return f"{row} IN ({self.keys(builder, columns)})"
        if len(far) == 1:
            return f"{row} = ANY({builder.found((node.number, 0), keys_array)})"
        return f"{row} IN (SELECT * FROM {self._keys_table(node, builder)})"

    def _keys_table(self, node: _NodeCompiler, builder: Builder) -> str:
        columns = self.link.near
        if self.keys is not None:
            query = self.keys(builder, columns)
            return f'(SELECT DISTINCT * FROM ({query}) AS "d")'
        arrays = ", ".join(
            f"{builder.found((node.number, i), keys_array)}::{column.type.sql}[]"
            for i, column in enumerate(columns)
        )
        return f"unnest({arrays})"


def _read(expression: str, column: Column) -> str:
    return f"{expression}::text" if column.type.as_text else expression


def keys_array(values: list[object]) -> str:
    """Write values that came from the database as an array."""
    return array([key_text(value) for value in values])


def _only_reverses(window: Window) -> bool:
    return window.distinct is None and window.cursor is None


def _count(source: Source, link: Link, condition: Node | None) -> str:
    other = source.below(link.other)
    inner = where(other, condition)
    return f"(SELECT count(*) FROM {linked_tables(source, link, other, inner)})"
