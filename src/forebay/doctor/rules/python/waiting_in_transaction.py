"""A call over the network while a connection is held."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from forebay.doctor.finding import Finding, Note
from forebay.doctor.python.children import inside, walk
from forebay.doctor.python.effects import ENDS, Deed, Does, Effects, effects_of
from forebay.doctor.python.foreign import foreign_calls
from forebay.doctor.python.module import Call, Function, Module
from forebay.doctor.python.sessions import QUERIES, parameters
from forebay.doctor.python.source import production
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule, Severity

# What a session does in a transaction that something else has begun.
_QUIET = frozenset({"refresh"})


@dataclass(frozen=True, slots=True)
class _Abroad:
    """A call over the network, or one of a function that certainly makes it."""

    call: Call
    deed: Deed


def check(repository: Repository) -> Iterator[Finding]:
    """Find HTTP calls in blocks and functions that have a connection, or a session that asked."""
    seen: set[ast.AST] = set()
    effects = repository.known(effects_of)
    for module in production(repository):
        for found, call in _of_module(effects, module):
            if call.node not in seen:
                seen.add(call.node)
                yield found


def _of_module(effects: Effects, module: Module) -> Iterator[tuple[Finding, Call]]:
    for node in module.of(ast.With, ast.AsyncWith):
        yield from _in_block(effects, module, node)
    for function in module.functions:
        atomic = _atomic(module, function)
        if atomic is not None:
            for one in _abroad(effects, module, function, function):
                text = "the whole function is one transaction"
                yield _finding(module, one, Note(text, module.span(atomic)))
                break
        for name in _sessions(effects, module, function):
            yield from _after_query(effects, module, function, function, name)


def _atomic(module: Module, function: Function) -> ast.expr | None:
    """Return the decorator of Django that puts a function into a transaction."""
    for one in function.decorator_list:
        call = module.call(one)
        name = call.name if call is not None else module.name_of(one)
        if name in ("django.db.transaction.atomic", "transaction.atomic"):
            return one
    return None


def _sessions(effects: Effects, module: Module, function: Function) -> list[str]:
    """Return the sessions that a function is given, or that its object has, as it calls them."""
    found = list(parameters(module, function, effects.held.project))
    for call in module.calls_by(function):
        name = _receiver(call) if call.last in QUERIES else ""
        if name.startswith("self.") and name not in found:
            if effects.held.of_call(call, module) is not None:
                found.append(name)
    return found


def _in_block(
    effects: Effects, module: Module, node: ast.With | ast.AsyncWith
) -> Iterator[tuple[Finding, Call]]:
    function = module.function_around(node)
    if function is None:
        return
    for item in node.items:
        call = module.call(item.context_expr)
        if call is None:
            continue
        if _holds(effects, module, call):
            for one in _abroad(effects, module, function, node):
                text = f"`{call.name}()` holds a connection"
                yield _finding(module, one, Note(text, module.span(call.node)))
                return
        elif isinstance(item.optional_vars, ast.Name) and effects.held.made(call, module):
            yield from _after_query(effects, module, function, node, item.optional_vars.id)


def _holds(effects: Effects, module: Module, call: Call) -> bool:
    if call.last == "atomic":
        return call.name.endswith("transaction.atomic")
    if call.last == "acquire":
        return "pool" in call.name.lower()
    if call.last == "transaction":
        return "conn" in call.name.lower()
    if call.last in ("begin", "connect"):
        if "engine" in _receiver(call).rpartition(".")[2].lower():
            return True
        return call.last == "begin" and effects.held.of_call(call, module) is not None
    return False


def _abroad(
    effects: Effects, module: Module, function: Function, block: ast.AST
) -> Iterator[_Abroad]:
    """Yield what a block waits for, in the order of the text."""
    found = [_Abroad(one, Deed(module, one)) for one in foreign_calls(module, function, block)]
    direct = {one.call.node for one in found}
    for call in _calls(module, block):
        deed = None if call.node in direct else effects.of_call(module, call, Does.ABROAD)
        if deed is not None:
            found.append(_Abroad(call, deed))
    yield from sorted(found, key=lambda one: _place(one.call))


def _after_query(
    effects: Effects, module: Module, function: Function, block: ast.AST, name: str
) -> Iterator[tuple[Finding, Call]]:
    """Find the first call abroad that comes after a query, with no end of the transaction."""
    abroad = list(_abroad(effects, module, function, block))
    if not abroad:
        return
    asked, ends = _events(effects, module, function, block, name)
    for one in abroad:
        before = [c for c in asked if _leads_to(module, c, one.call)]
        if before:
            last = max(before, key=_place)
            if not any(_place(last) <= end <= _place(one.call) for end in ends):
                text = f"`{name}` has a transaction open since this query"
                yield _finding(module, one, Note(text, module.span(last.node)))
                return


def _events(
    effects: Effects, module: Module, function: Function, block: ast.AST, name: str
) -> tuple[list[Call], list[tuple[int, int]]]:
    """Return what asks by a session, and where its transaction ends or may end."""
    asked: list[Call] = []
    ends: list[tuple[int, int]] = []
    for call in _calls(module, block):
        is_own = _receiver(call) == name
        if is_own and call.last in ENDS:
            ends.append(_place(call))
        elif is_own and call.last in QUERIES - _QUIET:
            asked.append(call)
        elif not is_own and _is_handed(module, function, call, name):
            if effects.of_call(module, call, Does.ENDS) is not None:
                ends.append(_place(call))
            elif effects.of_call(module, call, Does.READS) is not None:
                asked.append(call)
    return asked, ends


def _leads_to(module: Module, first: Call, second: Call) -> bool:
    """Whether one call runs before another in one run: earlier, and in no branch of its own."""
    if _place(first) >= _place(second):
        return False
    around = {id(one) for one in module.around(second.node)}
    below: ast.AST = first.node
    for above in module.around(first.node):
        if id(above) in around:
            return not _parts(above, below, second)
        if isinstance(below, ast.stmt) and _is_left(above, below):
            return False
        below = above
    return False


def _is_left(above: ast.AST, below: ast.stmt) -> bool:
    """Whether the statements that a statement stands among end by going elsewhere."""
    for name in ("body", "orelse", "handlers", "finalbody"):
        block = getattr(above, name, None)
        if isinstance(block, list) and below in block:
            return isinstance(block[-1], ast.Return | ast.Raise | ast.Continue | ast.Break)
    return False


def _parts(fork: ast.AST, below: ast.AST, second: Call) -> bool:
    """Whether two calls are in branches of one statement of which only one runs."""
    other: Sequence[ast.AST]
    if isinstance(fork, ast.If):
        one, other = fork.body, fork.orelse
    elif isinstance(fork, ast.Try):
        one, other = fork.body, fork.handlers
    else:
        return isinstance(fork, ast.Match)
    return below in one and any(second.node is node for part in other for node in walk(part))


def _is_handed(module: Module, function: Function, call: Call, name: str) -> bool:
    """Whether a call works with this session: given it, or of an object that was made with it."""
    given = (*call.node.args, *(one.value for one in call.node.keywords))
    if any(module.name_of(one) == name for one in given):
        return True
    target = call.node.func
    if not isinstance(target, ast.Attribute):
        return False
    if isinstance(target.value, ast.Name) and target.value.id == "self":
        return name.startswith("self.")
    made: ast.expr = target.value
    if isinstance(made, ast.Name):
        values = module.given(function, made.id)
        if len(values) != 1:
            return False
        made = values[0].value
    inner = module.call(made)
    return inner is not None and any(
        module.name_of(one) == name
        for one in (*inner.node.args, *(one.value for one in inner.node.keywords))
    )


def _calls(module: Module, block: ast.AST) -> list[Call]:
    return [
        found
        for one in inside(block)
        if isinstance(one, ast.Call) and (found := module.call(one)) is not None
    ]


def _receiver(call: Call) -> str:
    """Return what a method is called on, as it is written: `session`, `self.session`."""
    function = call.node.func
    if not isinstance(function, ast.Attribute):
        return ""
    return ast.unparse(function.value) if _is_plain(function.value) else ""


def _is_plain(node: ast.expr) -> bool:
    while isinstance(node, ast.Attribute):
        node = node.value
    return isinstance(node, ast.Name)


def _place(call: Call) -> tuple[int, int]:
    return call.node.lineno, call.node.col_offset


def _finding(module: Module, one: _Abroad, since: Note) -> tuple[Finding, Call]:
    notes = [since]
    if one.deed.call is not one.call:
        there = one.deed.module.span(one.deed.call.node)
        notes.append(Note(f"it leads to `{one.deed.call.name}()`", there))
    return (
        Finding(
            f"`{one.call.name}()` is waited for while a database connection is held",
            module.span(one.call.node),
            notes=tuple(notes),
        ),
        one.call,
    )


RULE = Rule(
    code="FD603",
    name="waiting-in-transaction",
    severity=Severity.WARNING,
    what="A call over the network is made while a session or a transaction is open.",
    why="The connection is idle in transaction for as long as the other side takes: it holds its "
    "locks, keeps VACUUM from cleaning up, and is missing from the pool. When the other side "
    "becomes slow, the pool is used up, and every route fails.",
    fix="read and commit first, call without a session, and write in a new short transaction",
    language="python",
    bad="""\
import httpx
from sqlalchemy import create_engine, text

engine = create_engine("postgresql://db.internal/shop")


def pay(order_id: int) -> None:
    with engine.begin() as connection:
        connection.execute(text("select total from orders for update"))
        httpx.post("https://pay.example.com/charges", timeout=10)
        connection.execute(text("update orders set paid = true"))
""",
    good="""\
import httpx
from sqlalchemy import create_engine, text

engine = create_engine("postgresql://db.internal/shop")


def pay(order_id: int) -> None:
    with engine.begin() as connection:
        connection.execute(text("select total from orders"))
    httpx.post("https://pay.example.com/charges", timeout=10)
    with engine.begin() as connection:
        connection.execute(text("update orders set paid = true"))
""",
    check=check,
)
