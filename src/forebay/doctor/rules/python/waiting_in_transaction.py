"""A call over the network while a connection is held."""

from __future__ import annotations

import ast
import bisect
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from forebay.doctor.finding import Finding, Note
from forebay.doctor.python.children import inside
from forebay.doctor.python.effects import ENDS, Deed, Does, Effects, effects_of
from forebay.doctor.python.foreign import foreign_calls
from forebay.doctor.python.module import Call, Function, Module
from forebay.doctor.python.sessions import QUERIES, parameters, sessions_in
from forebay.doctor.python.source import production
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule, Severity

Place = tuple[int, int]  # line and column
# A refresh happens in a transaction that something else has begun.
_ASKS = QUERIES - {"refresh"}


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
        names = _sessions(effects, module, function)
        if names:
            yield from _after_query(effects, module, function, function, names)


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
    found = dict.fromkeys(parameters(module, function, effects.held.project))
    for call in module.calls_by(function):
        name = _receiver(call) if call.last in QUERIES else ""
        if name.startswith("self.") and name not in found:
            if effects.held.of_call(call, module) is not None:
                found[name] = None
    return list(found)


def _in_block(
    effects: Effects, module: Module, node: ast.With | ast.AsyncWith
) -> Iterator[tuple[Finding, Call]]:
    function = module.function_around(node)
    if function is None:
        return
    for item in node.items:
        call = module.entered(item) or module.call(item.context_expr)
        if call is None:
            continue
        if _holds(effects, module, call):
            for one in _abroad(effects, module, function, node):
                text = f"`{call.name}()` holds a connection"
                yield _finding(module, one, Note(text, module.span(call.node)))
                return
        elif isinstance(item.optional_vars, ast.Name) and (
            effects.held.made(call, module)
            or item.optional_vars.id in _closed(effects, module, function, call)
        ):
            names = [item.optional_vars.id]
            yield from _after_query(effects, module, function, node, names)


def _closed(effects: Effects, module: Module, function: Function, call: Call) -> Iterable[str]:
    """Return the sessions of a function where a call is `closing(session)` of one by its name."""
    is_named = module.closes(call) and isinstance(call.node.args[0], ast.Name)
    return sessions_in(module, function, effects.held.project) if is_named else ()


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
    effects: Effects, module: Module, function: Function, block: ast.AST, names: Sequence[str]
) -> Iterator[tuple[Finding, Call]]:
    """Find for each session the first call abroad after a query, with no end of the transaction."""
    abroad = list(_abroad(effects, module, function, block))
    if not abroad:
        return
    events = _events(effects, module, function, block, names)
    for name in names:
        found = _first_open(module, events[name], abroad)
        if found is not None:
            query, one = found
            text = f"`{name}` has a transaction open since this query"
            yield _finding(module, one, Note(text, module.span(query.node)))


@dataclass(slots=True)
class _Events:
    """What asks by a session, and where its transaction ends or may end."""

    asked: list[Call] = field(default_factory=list)
    ends: list[Place] = field(default_factory=list)


def _events(
    effects: Effects, module: Module, function: Function, block: ast.AST, names: Sequence[str]
) -> dict[str, _Events]:
    """Return what happens to each of these sessions, in the order of the text."""
    found = {name: _Events() for name in names}
    of_self = [name for name in names if name.startswith("self.")]
    for call in sorted(_calls(module, block), key=_place):
        own = _receiver(call)
        if own in found and call.last in ENDS:
            found[own].ends.append(_place(call))
        elif own in found and call.last in _ASKS:
            found[own].asked.append(call)
        every = {name for name in _handed(module, function, call) if name in found}
        if _is_of_self(call):
            every.update(of_self)
        every.discard(own)
        if not every:
            continue
        if effects.of_call(module, call, Does.ENDS) is not None:
            for name in every:
                found[name].ends.append(_place(call))
        elif effects.of_call(module, call, Does.READS) is not None:
            for name in every:
                found[name].asked.append(call)
    return found


def _first_open(
    module: Module, events: _Events, abroad: Sequence[_Abroad]
) -> tuple[Call, _Abroad] | None:
    """Return the first call abroad that a query leads to with no end between, and the query."""
    waiting: list[Call] = []
    asked = deque(events.asked)
    for one in abroad:
        place = _place(one.call)
        while asked and _place(asked[0]) < place:
            waiting.append(asked.popleft())
        ends = bisect.bisect_right(events.ends, place)
        last_end = events.ends[ends - 1] if ends else (0, 0)
        path = _path(module, one.call)
        at = len(waiting) - 1
        while at >= 0 and _place(waiting[at]) > last_end:
            block, is_over = _way(module, waiting[at], path)
            if block is None:
                return waiting[at], one
            # None of the queries of that block leads here; one that has ended leads nowhere more.
            first = min(bisect.bisect_left(waiting, block, key=_place), at)
            if is_over:
                del waiting[first : at + 1]
            at = first - 1
    return None


def _path(module: Module, call: Call) -> dict[ast.AST, ast.AST]:
    """Return the nodes around a call, and for each the one below it on the way to the call."""
    path: dict[ast.AST, ast.AST] = {}
    below: ast.AST = call.node
    for above in module.around(call.node):
        path[above] = below
        below = above
    return path


def _way(module: Module, first: Call, path: dict[ast.AST, ast.AST]) -> tuple[Place | None, bool]:
    """Return where the block begins that keeps a query from leading on to a later call, or None.

    It is a branch beside the later call's, or one that has ended before it: by going elsewhere, or
    with the transaction that it was. The second value tells them apart.
    """
    below: ast.AST = first.node
    for above in module.around(first.node):
        if above in path:
            return _beside(above, below, path[above]), False
        if isinstance(above, ast.With | ast.AsyncWith) and _is_transaction(module, above):
            return _at(above), True
        if isinstance(below, ast.stmt):
            block = _block_of(above, below)
            if block and isinstance(block[-1], ast.Return | ast.Raise | ast.Continue | ast.Break):
                return _at(block[0]), True
        below = above
    return None, False


def _is_transaction(module: Module, block: ast.With | ast.AsyncWith) -> bool:
    """Whether a block is a transaction, which ends with it: `with session.begin():`."""
    calls = (module.call(item.context_expr) for item in block.items)
    return any(call is not None and call.last == "begin" for call in calls)


def _block_of(above: ast.AST, below: ast.stmt) -> list[ast.stmt]:
    """Return the statements of a statement that another one stands among."""
    for name in ("body", "orelse", "finalbody"):
        block = getattr(above, name, None)
        if isinstance(block, list) and _is_among(block, below):
            return block
    return []


def _beside(fork: ast.AST, first: ast.AST, second: ast.AST) -> Place | None:
    """Return where the first of two branches of a statement begins, of which only one runs."""
    if isinstance(fork, ast.If):
        is_other = _is_among(fork.orelse, second)
    elif isinstance(fork, ast.Try):
        is_other = isinstance(second, ast.ExceptHandler)
    else:
        # Of the cases of a `match` one runs.
        return _begin(first) if isinstance(fork, ast.Match) else None
    return _at(fork.body[0]) if is_other and _is_among(fork.body, first) else None


def _begin(node: ast.AST) -> Place:
    return _at(node.pattern) if isinstance(node, ast.match_case) else _at(node)


def _is_among(block: Sequence[ast.AST], node: ast.AST) -> bool:
    """Whether a part of a statement is one of the statements of this block of it."""
    return (
        bool(block) and isinstance(node, ast.stmt) and _at(block[0]) <= _at(node) <= _at(block[-1])
    )


def _at(node: ast.AST) -> Place:
    return node.lineno, node.col_offset  # type: ignore[attr-defined]


def _handed(module: Module, function: Function, call: Call) -> set[str]:
    """Return what a call works with: given it, or of an object that was made with it."""
    found = _given(module, call)
    target = call.node.func
    if not isinstance(target, ast.Attribute) or _is_of_self(call):
        return found
    made: ast.expr = target.value
    if isinstance(made, ast.Name):
        values = module.given(function, made.id)
        if len(values) != 1:
            return found
        made = values[0].value
    inner = module.call(made)
    return found | _given(module, inner) if inner is not None else found


def _is_of_self(call: Call) -> bool:
    """Whether a call is of the object's own method, which has all that the object has."""
    target = call.node.func
    return (
        isinstance(target, ast.Attribute)
        and isinstance(target.value, ast.Name)
        and target.value.id == "self"
    )


def _given(module: Module, call: Call) -> set[str]:
    given = (*call.node.args, *(one.value for one in call.node.keywords))
    return {module.name_of(one) for one in given}


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


def _place(call: Call) -> Place:
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
