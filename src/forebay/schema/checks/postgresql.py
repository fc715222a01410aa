"""Rules of PostgreSQL's own: which index types take which columns, and extensions."""

from forebay.schema import texts
from forebay.schema.checks.context import Context, shown_attribute
from forebay.schema.checks.native_types import native_type_of
from forebay.schema.model import Index, IndexField, Model, Raw
from forebay.schema.operators import NATIVE, OPERATOR_CLASSES, PRINTED, SCALAR
from forebay.schema.tree import LIST

_ANY_SCALAR = {
    "Gist": frozenset({"String"}),
    "SpGist": frozenset({"String"}),
    "Brin": frozenset({"String", "Bytes", "DateTime", "Float", "Int", "BigInt", "Decimal"}),
}


def check_columns(model: Model, context: Context) -> None:
    """The rules for the columns of a model's indexes."""
    for index in model.indexes:
        _no_xml(index, context)
        algorithm = index.algorithm or "BTree"
        for one in index.fields:
            if isinstance(one.ops, Raw):
                continue
            if one.ops is not None and algorithm not in OPERATOR_CLASSES[one.ops]:
                _report(texts.OPERATOR_CLASS_TYPE, index, one, context)
            elif algorithm in NATIVE:
                _check_class(index, one, context)
        if index.algorithm == "SpGist" and len(index.fields) != 1:
            context.error(texts.SPGIST_COLUMNS, index.node, attribute=shown_attribute(index))


def _no_xml(index: Index, context: Context) -> None:
    for one in index.fields:
        if one.path or one.field.kind != "scalar":
            continue
        native = native_type_of(one.field)
        if native is not None and native[0] == "Xml":
            text = texts.XML_UNIQUE if index.kind == "unique" else texts.XML_INDEX
            context.error(text, one.field.node, type="Xml")
            return


def _check_class(index: Index, one: IndexField, context: Context) -> None:
    """Check that an operator class, or none, goes with a column's type."""
    algorithm = index.algorithm or "BTree"
    field = one.field
    found = native_type_of(field) if not one.path else None
    native = found[0] if found else None
    ops = one.ops if isinstance(one.ops, str) else None
    if algorithm == "Gin":
        if ops == "ArrayOps":
            if field.arity != LIST:
                _report(texts.OPERATOR_CLASS_ARRAY, index, one, context)
            return
        if ops is None and field.arity == LIST:
            return
    if native is not None:
        if ops in NATIVE[algorithm].get(native, ()):
            return
        text = texts.OPERATOR_CLASS_NATIVE if ops else texts.NO_OPERATOR_CLASS
        _report(text, index, one, context, native=native)
        return
    scalar = field.type if field.kind == "scalar" else ""
    if ops is None:
        if None not in SCALAR[algorithm].get(scalar, ()) and not _takes(algorithm, one):
            _report(texts.INDEX_TYPE_COLUMN, index, one, context)
        return
    expected = next((name for name, classes in SCALAR[algorithm].items() if ops in classes), None)
    if expected is None:
        _report(texts.OPERATOR_CLASS_NEEDS_NATIVE, index, one, context)
    elif expected != scalar:
        _report(texts.OPERATOR_CLASS_SCALAR, index, one, context, expected=expected)


def _takes(algorithm: str, one: IndexField) -> bool:
    """Say whether an index type takes a column without a native type or an operator class."""
    field = one.field
    if field.kind == "unsupported":
        return True
    if algorithm == "Gin":
        return field.type == "Json" or field.arity == LIST
    return field.kind == "scalar" and field.type in _ANY_SCALAR[algorithm]


def _report(
    text: texts.Text, index: Index, one: IndexField, context: Context, **gaps: object
) -> None:
    ops = one.ops if isinstance(one.ops, str) else ""
    context.error(
        text,
        index.node,
        attribute=shown_attribute(index),
        ops=PRINTED.get(ops, ops),
        field=one.name,
        type=index.algorithm or "BTree",
        **gaps,
    )


def check_extensions(context: Context) -> None:
    """Extensions are a preview feature, and their names are plain words."""
    source = context.schema.datasource
    if source is None or source.extensions is None:
        return
    if "postgresqlExtensions" not in context.features:
        if source.extensions_node is not None:
            end = source.extensions_node.end
            context.diagnostics.error(
                texts.EXTENSIONS_WITHOUT_FEATURE, source.extensions_start, end
            )
        return
    for extension in source.extensions:
        if extension.name[0].isdigit():
            context.error(texts.EXTENSION_BEGINS_WITH_NUMBER, extension.node)
        elif "-" in extension.name:
            context.error(texts.EXTENSION_WITH_DASH, extension.node)
