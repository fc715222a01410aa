"""Models, views and enums as blocks of text."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from forebay.migrate.database import Column, Enum, Table, View
from forebay.migrate.to_schema import sentences
from forebay.migrate.to_schema.defaults import default_of
from forebay.migrate.to_schema.indexes import Indexes
from forebay.migrate.to_schema.kept import Kept, trailing
from forebay.migrate.to_schema.known import Key, Known
from forebay.migrate.to_schema.names import Named, is_reserved, quoted
from forebay.migrate.to_schema.relations import FieldText, Relations
from forebay.migrate.to_schema.types import native_type, shown_type
from forebay.schema.model import Index, Model, PrimaryKey, ScalarField
from forebay.schema.render import attribute_text, expression_text
from forebay.schema.tree import Attribute, Block, Call

# Functions whose values the client makes: no column has them.
_CLIENTS = frozenset({"cuid", "uuid", "nanoid", "ulid"})


class Blocks:
    """Writes one block at a time."""

    def __init__(self, known: Known, kept: Kept, scope: str) -> None:
        """``scope`` is the datasource's name, with which native types begin."""
        self._known = known
        self._kept = kept
        self._scope = scope
        self.relations = Relations(known)

    def table(self, table: Table) -> str:
        """Return a table's model."""
        known, name = self._known, self._known.table(table.key)
        model = known.models.get(table.key)
        node = model.node if model is not None else None
        lead = self._lead(node, self._said_of(table, name, model))
        if not table.columns:
            return "\n".join([*lead, f"// model {name.name} {{", "// }"])
        indexes = Indexes(known, table)
        lines = [f"model {name.name} {{"]
        for column in table.columns:
            lines += self._field(table.key, column, indexes.on_field(column.name))
        for field in self.relations.fields[table.key]:
            lines += self._relation(field)
        lines += self._inside(node)
        for text, attribute in indexes.of_block():
            lines += self._attribute(text, attribute)
        lines += self._block_end(name, known.is_ignored(table), table.schema, node)
        return "\n".join([*lead, *lines, "}"])

    def view(self, view: View) -> str:
        """Return a view; what is unique in it is the user's to know."""
        name = self._known.view(view.key)
        model = self._known.known_views.get(view.key)
        node = model.node if model is not None else None
        said = []
        if model is None:
            if is_reserved(view.name):
                said.append(sentences.RENAMED.format("view", name.name, view.name))
            if _is_commented(view.comment, view.columns):
                said.append(sentences.COMMENTED.format("view"))
        lines = [f"view {name.name} {{"]
        for column in view.columns:
            field = self._known.field_of(view.key, column.name)
            lines += self._field(view.key, column, _given_keys(field))
        for one in self.relations.fields.get(view.key, ()):
            lines += self._relation(one)
        lines += self._inside(node)
        for text, attribute in _given_attributes(model):
            lines += self._attribute(text, attribute)
        is_ignored = model is not None and model.is_ignored
        lines += self._block_end(name, is_ignored, view.schema, node)
        return "\n".join([*self._lead(node, said), *lines, "}"])

    def enum(self, enum: Enum) -> str:
        """Return an enum."""
        name = self._known.enum(enum.key)
        known = self._known.enums.get(enum.key)
        node = known.node if known is not None else None
        said = [sentences.ENUM_COMMENTED] if known is None and enum.comment is not None else []
        members = {one.database_name: one.node for one in known.members} if known else {}
        lines = [f"enum {name.name} {{"]
        for value in enum.values:
            named = self._known.value(enum.key, value)
            mapped = f" @map({quoted(named.mapped)})" if named.mapped is not None else ""
            if named.name is None:
                lines.append(f"// {quoted(value)[1:-1]}{mapped}")
                continue
            member = members.get(value)
            lines += self._kept.before(member)
            lines.append(f"{named.name}{mapped}{trailing(member)}")
        lines += self._inside(node)
        lines += self._block_end(name, False, enum.schema, node)
        return "\n".join([*self._lead(node, said), *lines, "}"])

    def _inside(self, node: Block | None) -> list[str]:
        """Return the remarks of a block that stand before nothing in it."""
        lines = self._kept.inside(node) if node is not None else []
        return [*lines, ""] if lines else []

    def _lead(self, node: Block | None, said: list[str]) -> list[str]:
        """Return what stands above a block: the user's remarks, and what they do not say yet."""
        if node is None:
            return [f"/// {one}" for one in said]
        before = self._kept.before(node)
        there = "\n".join(before)
        apart = self._kept.apart(node)
        new = [f"/// {one}" for one in said if one not in there]
        return [*apart, *([""] if apart else []), *before, *new]

    def _said_of(self, table: Table, name: Named, model: Model | None) -> list[str]:
        traits, is_new = table.traits, model is None
        fields = self.relations.fields[table.key]
        is_deferring = (
            traits.is_key_deferrable
            or any(index.is_deferrable for index in table.indexes)
            or (bool(fields) and any(key.is_deferrable for key in table.foreign_keys))
        )
        is_renamed = is_reserved(table.name) and name.name != table.name
        nulls = any(index.odd_nulls for index in table.indexes)
        lost = bool(table.columns) and not self._known.has_identifier(table)
        found = (
            (is_new and is_renamed, sentences.RENAMED.format("model", name.name, table.name)),
            (is_new and traits.is_partitioned, sentences.PARTITIONED),
            (is_new and traits.has_children, sentences.SUBCLASSES),
            (is_new and bool(traits.checks), sentences.CHECKS),
            (is_new and bool(traits.exclusions), sentences.EXCLUSIONS),
            (not table.columns, sentences.NO_COLUMNS),
            (lost and not (model is not None and model.is_ignored), sentences.NO_IDENTIFIER),
            (
                is_new and _is_commented(traits.comment, table.columns),
                sentences.COMMENTED.format("model"),
            ),
            (is_new and is_deferring, sentences.DEFERRING),
            (is_new and traits.has_row_security, sentences.ROW_SECURITY),
            (is_new and nulls, sentences.ODD_NULLS),
            (bool(traits.expression_indexes), sentences.EXPRESSION_INDEX),
        )
        return [sentence for is_said, sentence in found if is_said]

    def _field(self, key: Key, column: Column, keys: list[str]) -> list[str]:
        known = self._known
        named = known.column(key, column.name)
        before = known.field_of(key, column.name)
        parts = list(keys)
        default = self._default(column, before)
        if default is not None:
            parts.append(f"@default({default})")
        if before is not None and before.is_updated_at:
            parts.append("@updatedAt")
        if named.mapped is not None:
            parts.append(f"@map({quoted(named.mapped)})")
        native = native_type(column.type)
        if native is not None:
            parts.append(f"@{self._scope}.{native}")
        if before is not None and before.is_ignored:
            parts.append("@ignore")
        line = " ".join(
            [named.name or quoted(column.name)[1:-1], self._type(key, column, before), *parts]
        )
        if named.name is None:
            return [f"/// {sentences.FIELD_COMMENTED_OUT}", f"// {line}"]
        node = before.node if before is not None else None
        return [*self._kept.before(node), line + trailing(node)]

    def _type(self, key: Key, column: Column, before: ScalarField | None) -> str:
        enum = column.type.enum
        is_known = enum is not None and any(one.key == enum for one in self._known.found.enums)
        name = self._known.enum(enum).name if enum is not None and is_known else None
        is_view = key in self._known.known_views
        # PostgreSQL does not know what a view may leave empty; the user may.
        arity = before.arity if is_view and before and column.arity == "nullable" else None
        return shown_type(column, name, arity)

    def _default(self, column: Column, before: ScalarField | None) -> str | None:
        given = before.default.value if before is not None and before.default else None
        if column.written is None and isinstance(given, Call) and given.name in _CLIENTS:
            return expression_text(given) if column.type.family == "String" else None
        return default_of(column, self._value_namer(column.type.enum))

    def _value_namer(self, enum: Key | None) -> Callable[[str], str | None]:
        return lambda value: None if enum is None else self._known.value(enum, value).name

    def _relation(self, field: FieldText) -> list[str]:
        parts = [field.name, field.type]
        if field.arguments:
            parts.append(f"@relation({', '.join(field.arguments)})")
        if field.is_ignored:
            parts.append("@ignore")
        return [*self._kept.before(field.node), " ".join(parts) + trailing(field.node)]

    def _attribute(self, text: str, before: Attribute | None) -> list[str]:
        return [*self._kept.before(before), text + trailing(before)]

    def _block_end(
        self, name: Named, is_ignored: bool, schema: str | None, node: Block | None
    ) -> list[str]:
        """Return the attributes of a block that say what it is called, and where it is."""
        written = []
        if name.mapped is not None:
            written.append(("map", f"@@map({quoted(name.mapped)})"))
        if is_ignored:
            written.append(("ignore", "@@ignore"))
        if schema is not None:
            written.append(("schema", f"@@schema({quoted(schema)})"))
        attributes = {one.name: one for one in node.attributes} if node is not None else {}
        lines: list[str] = []
        for what, text in written:
            lines += self._attribute(text, attributes.get(what))
        return lines


def _is_commented(comment: str | None, columns: Iterable[Column]) -> bool:
    return comment is not None or any(column.comment is not None for column in columns)


def _given_keys(field: ScalarField | None) -> list[str]:
    """Return the keys that the user has written on a view's field."""
    if field is None:
        return []
    kept = (one for one in field.node.attributes if one.name in ("id", "unique"))
    return [f"@{attribute_text(one)}" for one in kept]


def _given_attributes(model: Model | None) -> list[tuple[str, Attribute]]:
    """Return the keys that the user has written on a view."""
    if model is None:
        return []
    found: list[PrimaryKey | Index] = [model.primary_key] if model.primary_key else []
    found += model.indexes
    return [(f"@@{attribute_text(one.node)}", one.node) for one in found if one.source is None]
