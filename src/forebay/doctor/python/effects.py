"""What a call does in the end, through the functions of the repository that it runs.

A query, a write, a commit, the end of a transaction and a call over the network are told apart.
A query, a commit and a call over the network count only where nothing decides whether they happen;
a write and an end count where they may. Each function is looked at once, however long the chain of
calls is.
"""

from __future__ import annotations

import ast
import enum
import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from forebay.doctor.python.children import inside, walk
from forebay.doctor.python.classes import Body, Classes, classes_of
from forebay.doctor.python.foreign import foreign_calls
from forebay.doctor.python.held import Held, held_of
from forebay.doctor.python.module import FUNCTIONS, Call, Function, Module
from forebay.doctor.python.sessions import READS, Flavour
from forebay.doctor.python.source import sql_of
from forebay.doctor.repository.repository import Repository


class Does(enum.Enum):
    """A thing that a function does."""

    READS = "reads"
    WRITES = "writes"
    ENDS = "ends"
    COMMITS = "commits"
    ABROAD = "abroad"


# What counts only where nothing decides whether it happens.
_CERTAIN = frozenset({Does.READS, Does.COMMITS, Does.ABROAD})
_ADDS = frozenset(
    "add add_all delete merge bulk_save_objects bulk_insert_mappings bulk_update_mappings".split()
)
ENDS = frozenset({"commit", "rollback", "close", "remove"})
_CHANGES = re.compile(r"^sqlalchemy(\.\w+)*\.(insert|update|delete)$|^sqlmodel\.(update|delete)$")
_SQL_READS = re.compile(r"\s*select\b(?![\s\S]*(\bfor (no key )?update\b|\{\}))", re.IGNORECASE)
_SQL_WRITES = re.compile(r"\s*(insert|update|delete|merge)\b", re.IGNORECASE)
_MANAGER_WRITES = re.compile(r"\.objects\.(bulk_)?(create|update)(_or_create)?$")
# What a decorator may do with a call: answer from memory, or make it later.
_PLAIN = re.compile(
    r"(^|\.)(staticmethod|classmethod|override|retry|atomic|contextmanager|asynccontextmanager)(\(\))?$"
)
_KEEPS = re.compile(r"cache|memo", re.IGNORECASE)
_TOGETHER = frozenset({"gather", "wait_for", "shield", "wait"})


@dataclass(frozen=True, slots=True)
class Deed:
    """The call that does it in the end; ``flavour`` is its session's, where it is one's."""

    module: Module
    call: Call
    flavour: Flavour | None = None


@dataclass(slots=True)
class _Known:
    own: dict[Does, Deed] = field(default_factory=dict)
    # The calls of other functions: whether each certainly runs.
    onward: list[tuple[Body, bool]] = field(default_factory=list)
    all: dict[Does, Deed] = field(default_factory=dict)


class Effects:
    """What the functions of a repository do."""

    def __init__(self, repository: Repository) -> None:
        self.held: Held = repository.known(held_of)
        self.classes: Classes = repository.known(classes_of)
        self._known: dict[Function, _Known] = {}

    def of_call(self, module: Module, call: Call, does: Does) -> Deed | None:
        """Return what does it when this call of a function of the repository runs, or None.

        Calls that do it themselves are not this one's to tell: see `deed`.
        """
        body = self.classes.target(module, call)
        if body is None or not _runs_here(module, call, body):
            return None
        return self.of_function(body, does)

    def of_function(self, body: Body, does: Does) -> Deed | None:
        """Return the call by which a function does it, its own or another's, or None."""
        if body.node not in self._known:
            self._learn(body)
        return self._known[body.node].all.get(does)

    def deed(self, module: Module, call: Call) -> tuple[Does, Flavour | None] | None:
        """Return what a call itself does to a database, and by which kind of session."""
        last = call.last
        if last in READS or last in _ADDS or last in ENDS:
            flavour = self.held.of_call(call, module)
            if flavour is not None:
                if last in ENDS:
                    return Does.ENDS, flavour
                changes = last in _ADDS or _is_change(module, call)
                return Does.WRITES if changes else Does.READS, flavour
        if self.held.is_query(call, module):
            is_flask = ".query." in call.name
            return Does.READS, Flavour.SYNC if is_flask else Flavour.ASYNC
        if _MANAGER_WRITES.search(call.name) and module.imports_from("django"):
            return Does.WRITES, None
        text = sql_of(module, call)
        if text is None or module.imports_from("sqlite3"):
            return None
        if _SQL_WRITES.match(text):
            return Does.WRITES, None
        return (Does.READS, None) if _SQL_READS.match(text) else None

    def _learn(self, start: Body) -> None:
        """Work out everything that is reached from a function and not known yet."""
        fresh: list[Body] = []
        callers: dict[Function, list[tuple[Function, bool]]] = {}
        waiting = [start]
        self._known[start.node] = _Known()
        while waiting:
            body = waiting.pop()
            fresh.append(body)
            known = self._known[body.node]
            self._look(body, known)
            for callee, is_certain in known.onward:
                callers.setdefault(callee.node, []).append((body.node, is_certain))
                if callee.node not in self._known:
                    self._known[callee.node] = _Known()
                    waiting.append(callee)
        for does in Does:
            self._spread(does, fresh, callers)

    def _spread(
        self,
        does: Does,
        fresh: list[Body],
        callers: dict[Function, list[tuple[Function, bool]]],
    ) -> None:
        waiting: deque[Function] = deque()
        for node in dict.fromkeys([*(body.node for body in fresh), *callers]):
            known = self._known[node]
            if does in known.own:
                known.all[does] = known.own[does]
            if does in known.all:
                waiting.append(node)
        while waiting:
            node = waiting.popleft()
            for caller, is_certain in callers.get(node, ()):
                known = self._known[caller]
                if does in known.all or (does in _CERTAIN and not is_certain):
                    continue
                known.all[does] = self._known[node].all[does]
                waiting.append(caller)

    def _look(self, body: Body, known: _Known) -> None:
        module, function = body.module, body.node
        if _answers_otherwise(module, function):
            return
        for call in module.calls_by(function):
            is_certain = _is_certain(module, function, call)
            found = self.deed(module, call)
            if found is not None:
                does, flavour = found
                both = (does, Does.COMMITS) if call.last == "commit" else (does,)
                for each in both:
                    if is_certain or each not in _CERTAIN:
                        known.own.setdefault(each, Deed(module, call, flavour))
                continue
            callee = self.classes.target(module, call)
            if callee is not None and _runs_here(module, call, callee):
                known.onward.append((callee, is_certain))
        for call in foreign_calls(module, function, function):
            if _is_certain(module, function, call):
                known.own.setdefault(Does.ABROAD, Deed(module, call))
                break


def effects_of(repository: Repository) -> Effects:
    """Return what functions do; ask for it by `Repository.known`."""
    return Effects(repository)


def _is_change(module: Module, call: Call) -> bool:
    return bool(call.node.args) and any(
        _CHANGES.search(one.name) for one in module.calls_in(call.node.args[0])
    )


def _runs_here(module: Module, call: Call, body: Body) -> bool:
    """Whether the body runs where the call is: no generator, no coroutine for somebody else."""
    if body.module.known(_is_generator, body.node):
        return False
    if not isinstance(body.node, ast.AsyncFunctionDef):
        return True
    above = module.parent(call.node)
    if isinstance(above, ast.Await):
        return True
    while above is not None and not isinstance(above, ast.stmt):
        outer = module.call(above)
        if outer is not None and outer.last in _TOGETHER:
            return isinstance(module.parent(above), ast.Await)
        above = module.parent(above)
    return False


def _is_generator(module: Module, function: Function) -> bool:
    return any(isinstance(one, ast.Yield | ast.YieldFrom) for one in inside(function))


def _is_certain(module: Module, function: Function, call: Call) -> bool:
    """Whether a call of a function runs whenever the function does, unless something fails."""
    below: ast.AST = call.node
    for above in module.around(call.node):
        if above is function:
            return True
        if isinstance(above, ast.If | ast.IfExp | ast.While) and below is not above.test:
            return False
        if isinstance(above, ast.BoolOp) and below is not above.values[0]:
            return False
        if isinstance(above, ast.ExceptHandler | ast.Match | ast.Lambda | ast.match_case):
            return False
        below = above
    return False


def _answers_otherwise(module: Module, function: Function) -> bool:
    """Whether a call may be answered from memory, or handed on by a decorator that nobody knows."""
    for decorator in function.decorator_list:
        if not _PLAIN.search(module.name_of(decorator)) and not _is_handler(module, decorator):
            return True
    return any(_KEEPS.search(name) for name in _words(function))


def _is_handler(module: Module, decorator: ast.expr) -> bool:
    call = module.call(decorator)
    return call is not None and "." in call.name and bool(call.node.args)


def _words(function: Function) -> Iterator[str]:
    for one in walk(function):
        if isinstance(one, ast.Attribute):
            yield one.attr
        elif isinstance(one, ast.Name):
            yield one.id
        elif isinstance(one, FUNCTIONS):
            yield one.name
