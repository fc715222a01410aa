"""What the rules ask of a statement's tree: names, types, constraints, calls."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from postgast import deparse
from postgast import pg_query_pb2 as pb

from forebay.migrate.lint.parse import parse, walk
from forebay.migrate.render import quoted

DEFAULT_SCHEMA = "public"
_CATALOG = "pg_catalog"


@dataclass(frozen=True, slots=True)
class Name:
    """A relation's or a type's name as a script says it; two of them are one if their keys are."""

    schema: str
    name: str

    @property
    def key(self) -> tuple[str, str]:
        """What it is known by: what names no schema is taken to mean the usual one."""
        return self.schema or DEFAULT_SCHEMA, self.name

    @property
    def sql(self) -> str:
        """The name in quotes."""
        return f"{quoted(self.schema)}.{quoted(self.name)}" if self.schema else quoted(self.name)

    def __str__(self) -> str:
        return f"{self.schema}.{self.name}" if self.schema else self.name


def named(relation: Any) -> Name:
    """Return the name of a RangeVar."""
    return Name(relation.schemaname, relation.relname)


def strings(nodes: Iterable[Any]) -> list[str]:
    """Return the strings of a list of nodes."""
    return [one.string.sval for one in nodes if one.HasField("string")]


def dotted(nodes: Iterable[Any]) -> Name:
    """Return the name that a list of strings spells."""
    parts = strings(nodes)
    if not parts:
        return Name("", "")
    return Name(parts[-2] if len(parts) > 1 else "", parts[-1])


def object_name(node: Any) -> Name:
    """Return the name of what a DROP or a COMMENT is about."""
    kind = node.WhichOneof("node")
    if kind == "list":
        return dotted(node.list.items)
    if kind == "type_name":
        return dotted(node.type_name.names)
    return dotted([node])


def key_names(constraint: Any) -> list[str]:
    """Return the columns of a UNIQUE, PRIMARY KEY or NOT NULL constraint."""
    return strings(constraint.keys)


def type_name(of: Any) -> str:
    """Return the name of a type, without its schema where that is PostgreSQL's own."""
    parts = strings(of.names)
    if parts and parts[0] == _CATALOG:
        parts = parts[1:]
    return ".".join(parts)


def type_numbers(of: Any) -> list[int]:
    """Return the numbers in a type's parentheses."""
    return [one.a_const.ival.ival for one in of.typmods if one.a_const.HasField("ival")]


def type_text(of: Any) -> str:
    """Return a type as SQL."""
    column = pb.ColumnDef(colname="x", type_name=of)
    text = _deparsed(pb.Node(create_stmt=_table_of(pb.Node(column_def=column))))
    return text.removeprefix("CREATE TABLE t (x ").removesuffix(")") or type_name(of)


def _table_of(element: Any) -> Any:
    # The tree's writer asks for more than it reads.
    relation = pb.RangeVar(relname="t", inh=True, relpersistence="p")
    return pb.CreateStmt(relation=relation, table_elts=[element], oncommit=pb.ONCOMMIT_NOOP)


def sql_of(node: Any) -> str:
    """Return a statement's tree as SQL, empty where it cannot be written."""
    return _deparsed(node)


def _deparsed(node: Any) -> str:
    try:
        return deparse(pb.ParseResult(stmts=[pb.RawStmt(stmt=node)]))
    except Exception:
        # The tree's writer is for help's sake: without it help is shorter.
        return ""


def expression_sql(expression: Any) -> str:
    """Return an expression as SQL."""
    select = pb.SelectStmt(
        target_list=[pb.Node(res_target=pb.ResTarget(val=expression))],
        limit_option=pb.LIMIT_OPTION_DEFAULT,
        op=pb.SETOP_NONE,
    )
    return _deparsed(pb.Node(select_stmt=select)).removeprefix("SELECT ")


def calls(expression: Any) -> Iterator[str]:
    """Return the functions that an expression calls, by their last names."""
    for one in walk(expression):
        if isinstance(one, pb.FuncCall):
            yield dotted(one.funcname).name


def constraints(column: Any, *kinds: int) -> list[Any]:
    """Return the constraints of a column's definition that are of some kinds."""
    found = [one.constraint for one in column.constraints if one.HasField("constraint")]
    return [one for one in found if one.contype in kinds]


def not_null_columns(check: Any) -> frozenset[str]:
    """Return the columns of which a check says, among other things, that they are not null."""
    return frozenset(_not_null(check.raw_expr, is_not=False))


def not_null_by(definition: str) -> frozenset[str]:
    """Return the same of a constraint as PostgreSQL writes it."""
    found = parse(f"ALTER TABLE t ADD {definition}").statements
    if not found or found[0].node is None:
        return frozenset()
    (command,) = found[0].node.alter_table_stmt.cmds
    return not_null_columns(getattr(command.alter_table_cmd, "def").constraint)


def _not_null(node: Any, *, is_not: bool) -> Iterator[str]:
    if node.HasField("null_test"):
        test = node.null_test
        fields = strings(test.arg.column_ref.fields)
        wanted = pb.IS_NULL if is_not else pb.IS_NOT_NULL
        if fields and test.nulltesttype == wanted:
            yield fields[-1]
    elif node.HasField("bool_expr"):
        one = node.bool_expr
        # What holds of all of them holds of each; "neither this nor that" is all of them, too.
        if one.boolop == pb.NOT_EXPR:
            yield from _not_null(one.args[0], is_not=not is_not)
        elif one.boolop == (pb.OR_EXPR if is_not else pb.AND_EXPR):
            for each in one.args:
                yield from _not_null(each, is_not=is_not)


def constant_of(constant: Any) -> str:
    """Return a constant as text."""
    if constant.HasField("ival"):
        return str(constant.ival.ival)
    return str(constant.sval.sval)


def is_looked_up(index: Any) -> bool:
    """Say whether an index finds the rows of a value of its first columns, all of them."""
    return not index.HasField("where_clause") and index.access_method in ("", "btree", "hash")


def option(options: Iterable[Any], name: str) -> bool:
    """Say whether a statement's options in parentheses switch one on."""
    for one in options:
        if one.def_elem.defname != name:
            continue
        value = one.def_elem.arg
        if not one.def_elem.HasField("arg"):
            return True
        if value.HasField("boolean"):
            return bool(value.boolean.boolval)
        return value.string.sval.lower() not in ("false", "off", "0", "no")
    return False
