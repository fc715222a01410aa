"""Which expressions are database sessions, wherever they are kept: names, attributes, modules.

What a function's own names hold is `sessions`'; here are `self.session` of a service, a
`scoped_session` of a module, and `db.session` of Flask-SQLAlchemy.
"""

from __future__ import annotations

import ast

from forebay.doctor.python.classes import Body, Classes, Owner, arguments_of, classes_of
from forebay.doctor.python.module import Call, Function, Module
from forebay.doctor.python.project import Project, project_of
from forebay.doctor.python.sessions import Flavour, annotated, made_by, parameters, sessions_in
from forebay.doctor.repository.repository import Repository

_EXTENSIONS = frozenset({"flask_sqlalchemy.SQLAlchemy", "flask_sqlalchemy.extension.SQLAlchemy"})
_FACTORIES = {
    "sqlalchemy.orm.sessionmaker": Flavour.SYNC,
    "sqlalchemy.orm.session.sessionmaker": Flavour.SYNC,
    "sqlalchemy.ext.asyncio.async_sessionmaker": Flavour.ASYNC,
}
_SCOPED = frozenset({"sqlalchemy.orm.scoped_session", "sqlalchemy.orm.scoping.scoped_session"})
_HOPS = 3
# What sends a query of Flask-SQLAlchemy's or Tortoise's.
_ASKS = frozenset(
    "get get_or_none get_or_404 first first_or_404 one one_or_none one_or_404 scalar all count "
    "filter exists paginate order_by limit values values_list prefetch_related".split()
)


class Held:
    """The sessions of a repository."""

    def __init__(self, repository: Repository) -> None:
        self.project: Project = repository.known(project_of)
        self.classes: Classes = repository.known(classes_of)
        self._attributes: dict[tuple[ast.ClassDef, str], Flavour | None] = {}
        self._modules: dict[tuple[Module, str], Flavour | None] = {}
        self._locals: dict[Function, dict[str, Flavour]] = {}

    def flavour(self, node: ast.expr, module: Module, function: Function | None) -> Flavour | None:
        """Return which kind of session an expression is, or None when it is none."""
        if isinstance(node, ast.Name):
            around = function
            while around is not None:
                own = sessions_in(module, around, self.project)
                found = own.get(node.id) or self._made_in(module, around).get(node.id)
                if found is not None:
                    return found
                if module.given(around, node.id):
                    return None
                around = module.function_around(around)
            return self._of_module(node, module)
        if not isinstance(node, ast.Attribute):
            return None
        if isinstance(node.value, ast.Name) and node.value.id == "self":
            owner = module.class_around(node)
            return self._attribute(Owner(module, owner), node.attr) if owner is not None else None
        if node.attr == "session" and self.extension(node.value, module) is not None:
            return Flavour.SYNC
        return self._of_module(node, module)

    def of_call(self, call: Call, module: Module) -> Flavour | None:
        """Return which kind of session a call is a method of, or None."""
        function = call.node.func
        if not isinstance(function, ast.Attribute):
            return None
        return self.flavour(function.value, module, module.function_around(call.node))

    def made(self, call: Call | None, module: Module) -> Flavour | None:
        """Return which kind of session a call makes, an attribute's factory included."""
        found = made_by(module, call, self.project)
        if found is not None or call is None or not _is_of_self(call.node.func):
            return found
        owner = module.class_around(call.node)
        if owner is None:
            return None
        around = Owner(module, owner)
        declared = self.classes.declared(around, call.last)
        if declared is not None:
            return _factory(declared[0], declared[1])
        given = list(self.classes.given(around, call.last))
        if len(given) != 1:
            return None
        body, value = given[0]
        if not isinstance(value, ast.Name):
            return None
        named = (one.annotation for one, _ in arguments_of(body.node) if one.arg == value.id)
        return _factory(body.module, next(named, None))

    def _made_in(self, module: Module, function: Function) -> dict[str, Flavour]:
        if function not in self._locals:
            found: dict[str, Flavour] = {}
            for node in module.withs.get(function, ()):
                for item in node.items:
                    flavour = self.made(module.entered(item), module)
                    if flavour is not None and isinstance(item.optional_vars, ast.Name):
                        found[item.optional_vars.id] = flavour
            self._locals[function] = found
        return self._locals[function]

    def extension(self, node: ast.expr, module: Module) -> tuple[Module, Call] | None:
        """Return the `SQLAlchemy(…)` of Flask-SQLAlchemy that a name stands for, or None."""
        found = self.project.call_of(node, module)
        return found if found is not None and found[1].name in _EXTENSIONS else None

    def is_query(self, call: Call, module: Module) -> bool:
        """Whether a call asks by a model itself: `User.query.get(1)`, `await User.get(id=1)`."""
        if call.last not in _ASKS:
            return False
        node: ast.expr = call.node
        inner = node
        while isinstance(node, ast.Call | ast.Attribute):
            inner = node
            node = node.func if isinstance(node, ast.Call) else node.value
        if not isinstance(node, ast.Name) or not isinstance(inner, ast.Attribute):
            return False
        found = self.project.definition_of(node, module)
        if found is None or not isinstance(found.node, ast.ClassDef):
            return False
        if inner.attr == "query":
            return self._is_model(Owner(found.module, found.node), "flask")
        is_awaited = isinstance(module.parent(call.node), ast.Await)
        return is_awaited and self._is_model(Owner(found.module, found.node), "tortoise")

    def _is_model(self, owner: Owner, kind: str) -> bool:
        for one in self.classes.line(owner):
            for base in one.node.bases:
                name = one.module.name_of(base)
                if kind == "tortoise" and name in ("tortoise.models.Model", "tortoise.Model"):
                    return True
                is_model = isinstance(base, ast.Attribute) and base.attr == "Model"
                if kind == "flask" and is_model and isinstance(base, ast.Attribute):
                    return self.extension(base.value, one.module) is not None
        return False

    def _of_module(self, node: ast.Name | ast.Attribute, module: Module) -> Flavour | None:
        key = (module, module.name_of(node))
        if key not in self._modules:
            self._modules[key] = self._find(node, module)
        return self._modules[key]

    def _find(
        self, node: ast.Name | ast.Attribute, module: Module, hops: int = _HOPS
    ) -> Flavour | None:
        found = self.project.definition_of(node, module)
        if found is None or not isinstance(found.node, ast.expr) or not hops:
            return None
        value = found.node
        # `session = db.session`, at a module's top
        if isinstance(value, ast.Attribute) and value.attr == "session":
            return Flavour.SYNC if self.extension(value.value, found.module) else None
        if isinstance(value, ast.Name | ast.Attribute) and value is not node:
            return self._find(value, found.module, hops - 1)
        call = found.module.call(value)
        if call is not None and call.name in _SCOPED:
            return Flavour.SYNC
        return made_by(found.module, call, self.project)

    def _attribute(self, owner: Owner, name: str) -> Flavour | None:
        key = (owner.node, name)
        if key not in self._attributes:
            self._attributes[key] = self._find_attribute(owner, name)
        return self._attributes[key]

    def _find_attribute(self, owner: Owner, name: str) -> Flavour | None:
        declared = self.classes.declared(owner, name)
        if declared is not None:
            return annotated(declared[0], declared[1], self.project)
        found = {self._of_given(body, value) for body, value in self.classes.given(owner, name)}
        return found.pop() if len(found) == 1 else None

    def _of_given(self, body: Body, value: ast.expr) -> Flavour | None:
        if isinstance(value, ast.Name):
            return parameters(body.module, body.node, self.project).get(value.id)
        if isinstance(value, ast.Attribute) and value.attr == "session":
            return Flavour.SYNC if self.extension(value.value, body.module) else None
        return made_by(body.module, body.module.call(value), self.project)


def _is_of_self(node: ast.expr) -> bool:
    return (
        isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "self"
    )


def _factory(module: Module, node: ast.expr | None) -> Flavour | None:
    """Return what the factory that an annotation names makes, or None."""
    if isinstance(node, ast.Subscript):
        node = node.value
    return _FACTORIES.get(module.name_of(node)) if node is not None else None


def held_of(repository: Repository) -> Held:
    """Return the sessions of a repository; ask for it by `Repository.known`."""
    return Held(repository)
