"""Rules of PostgreSQL's own: which index types take which columns, and extensions."""

from forebay.schema import texts
from forebay.schema.checks.context import Context, shown_attribute
from forebay.schema.checks.native_types import NATIVE_TYPES, native_type_of
from forebay.schema.diagnostics import Text
from forebay.schema.model import Index, IndexField, Model, Raw, ScalarField
from forebay.schema.operators import NATIVE, OPERATOR_CLASSES, PRINTED, SCALAR
from forebay.schema.tree import LIST

_ANY_SCALAR = {
    "Gist": frozenset({"String"}),
    "SpGist": frozenset({"String"}),
    "Brin": frozenset({"String", "Bytes", "DateTime", "Float", "Int", "BigInt", "Decimal"}),
}


def check_columns(model: Model, context: Context) -> None:
    """The rules for the columns of a model's indexes."""
    if not context.provider.is_postgresql:
        return
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
    ops = one.ops if isinstance(one.ops, str) else None
    is_list = one.field.arity == LIST
    if algorithm == "Gin" and ops == "ArrayOps":
        if not is_list:
            _report(texts.OPERATOR_CLASS_ARRAY, index, one, context)
    elif algorithm != "Gin" or ops is not None or not is_list:
        native = native_type_of(one.field)
        if native is None:
            _check_scalar_class(index, one, ops, context)
        elif ops not in NATIVE[algorithm].get(native[0], ()):
            _no_class(index, one, context, native[0])


def _check_scalar_class(index: Index, one: IndexField, ops: str | None, context: Context) -> None:
    """Check an operator class of a column without a native type, or with one not known."""
    known = SCALAR[index.algorithm or "BTree"]
    scalar = one.field.type if one.field.kind == "scalar" else ""
    if ops in known.get(scalar, ()):
        return
    expected = next((name for name, classes in known.items() if ops in classes), None)
    if ops is not None and expected is not None:
        _report(texts.OPERATOR_CLASS_SCALAR, index, one, context, expected=expected)
    elif (name := _extension_type(one.field, context)) is not None:
        _no_class(index, one, context, name)
    elif ops is not None:
        _report(texts.OPERATOR_CLASS_NEEDS_NATIVE, index, one, context)
    elif not _takes(index, one):
        _report(texts.INDEX_TYPE_COLUMN, index, one, context)


def _no_class(index: Index, one: IndexField, context: Context, native: str) -> None:
    text = texts.OPERATOR_CLASS_NATIVE if one.ops else texts.NO_OPERATOR_CLASS
    _report(text, index, one, context, native=native)


def _extension_type(field: ScalarField, context: Context) -> str | None:
    """Return a native type not known: Prisma 7 takes it for one of an extension."""
    native = field.native_type
    if context.prisma < 7 or native is None or native.name in NATIVE_TYPES:
        return None
    return native.name


def _takes(index: Index, one: IndexField) -> bool:
    """Say whether an index type takes a column without a native type or an operator class."""
    field = one.field
    if field.kind == "unsupported":
        return True
    if index.algorithm == "Gin":
        return field.type == "Json" or field.arity == LIST
    return field.kind == "scalar" and field.type in _ANY_SCALAR[index.algorithm or ""]


def _report(text: Text, index: Index, one: IndexField, context: Context, **gaps: object) -> None:
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
