"""The models that a repository declares: which of their attributes ask the database again."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from forebay.doctor.finding import Span
from forebay.doctor.python.children import walk
from forebay.doctor.python.module import Module
from forebay.doctor.python.project import project_of
from forebay.doctor.python.values import constant
from forebay.doctor.repository.repository import Repository

_LAZY = ("select", True, None, "dynamic", "write_only")
_KEYS = frozenset({"django.db.models.ForeignKey", "django.db.models.OneToOneField"})


@dataclass(frozen=True)
class Model:
    """A class with attributes that are loaded when they are first read."""

    name: str
    lazy: dict[str, Span]
    is_django: bool = False


def models_of(repository: Repository) -> dict[ast.ClassDef, Model]:
    """Return SQLAlchemy's and Django's models; ask for it by `Repository.known`."""
    found = {}
    for module in repository.modules:
        for node in module.classes:
            lazy = {
                name: module.span(value)
                for one in node.body
                for name, value in _attributes(one)
                if _is_lazy(module, value)
            }
            if lazy:
                found[node] = Model(node.name, lazy, module.imports_from("django"))
    return found


def _attributes(node: ast.stmt) -> list[tuple[str, ast.expr]]:
    if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
        return [(node.targets[0].id, node.value)]
    if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value:
        return [(node.target.id, node.value)]
    return []


def _is_lazy(module: Module, value: ast.expr) -> bool:
    call = module.call(value)
    if call is None:
        return False
    if call.name in _KEYS:
        return True
    if call.last not in ("relationship", "Relationship"):
        return False
    options = call.keyword("sa_relationship_kwargs")
    lazy = call.keyword("lazy")
    if isinstance(options, ast.Dict):
        lazy = next(
            (v for k, v in zip(options.keys, options.values, strict=True) if constant(k) == "lazy"),
            None,
        )
    elif options is not None:
        return False
    return lazy is None or constant(lazy) in _LAZY


def entity_of(repository: Repository, module: Module, node: ast.expr) -> Model | None:
    """Return the model whose rows an expression gives, when nothing loads its relations too.

    ``session.query(A).all()``, ``session.scalars(select(A))``, ``A.objects.filter(…)``, and a name
    that the function gives such a value.
    """
    expressions = [node, *_origins(module, node)]
    words = {
        one.attr for each in expressions for one in walk(each) if isinstance(one, ast.Attribute)
    }
    if words & {"options", "select_related", "prefetch_related", "values", "values_list",
                "with_entities", "unique", "mappings", "tuples"}:  # fmt: skip
        return None
    for each in expressions:
        found = _entity(repository, module, each)
        if found is not None:
            return found
    return None


def _entity(repository: Repository, module: Module, node: ast.expr) -> Model | None:
    models = repository.known(models_of)
    project = repository.known(project_of)
    for call in module.calls_in(node):
        target: ast.expr | None = None
        if call.last in ("query", "select") and len(call.node.args) == 1:
            target = call.node.args[0]
        elif ".objects." in call.name:
            target = _before_objects(call.node)
        found = project.definition_of(target, module) if target is not None else None
        if found is not None and isinstance(found.node, ast.ClassDef):
            return models.get(found.node)
    return None


def _before_objects(node: ast.expr) -> ast.expr | None:
    while isinstance(node, ast.Call | ast.Attribute):
        if isinstance(node, ast.Attribute) and node.attr == "objects":
            return node.value
        node = node.func if isinstance(node, ast.Call) else node.value
    return None


def _origins(module: Module, node: ast.expr, hops: int = 3) -> list[ast.expr]:
    """Return the values of the names in an expression, as the function around it gives them."""
    function = module.function_around(node)
    if function is None or not hops:
        return []
    names = {one.id for one in walk(node) if isinstance(one, ast.Name)}
    found: list[ast.expr] = []
    for name in names:
        for one in module.given(function, name):
            if one.value is not node:
                found += [one.value, *_origins(module, one.value, hops - 1)]
    return found
