"""Runs the nodes of a read: which statements go in which round trip, and what their rows give."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import Any, TypeAlias

from forebay.engine.failures import DatabaseFailure, RequestError
from forebay.engine.read import ReadNode
from forebay.engine.rows import grouped, key_at
from forebay.engine.shaping import Groups
from forebay.engine.statement import Bound, Result, Row

Work: TypeAlias = Generator[list[Bound], list[Result], Any]

# How many records one answer may hold.
MOST_RECORDS = 1_000_000

# Several statements of one read must see the same records.
SNAPSHOT = Bound("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", [])
COMMIT = Bound("COMMIT", [])
ROLLBACK = Bound("ROLLBACK", [])


def read(
    root: ReadNode,
    size: int,
    values: list[Any],
    found: dict[Any, Any],
    *,
    in_transaction: bool,
    with_last: bool = False,
) -> Generator[list[Bound], list[Result], list[Any]]:
    """Run a node and its children, and return the root's records.

    ``with_last`` returns pairs: the last column of the record's row, and the record.
    """
    shape = root.shape
    if shape is None:
        raise ValueError("a node that was not compiled")
    if root.is_empty:
        # Nothing is sent, but what cannot be written is refused all the same.
        root.statement.bind(values, found)
        return []
    if size == 1:
        results = yield [root.statement.bind(values, found)]
        rows = results[0].rows
        if root.window is not None:
            rows = root.window.cut(list(rows), values)
        if with_last:
            return list(zip([row[-1] for row in rows], shape(rows, _NONE), strict=True))
        return shape(rows, _NONE)
    groups: Groups = [{} for _ in range(size)]
    rows_of: dict[int, list[Row]] = {}
    nodes: list[ReadNode] = []
    _gather_all(root, nodes)
    # A node's number is greater than those of the nodes above it.
    nodes.sort(key=lambda one: -one.number)
    level = [root]
    while level:
        level = yield from _round(level, values, found, groups, rows_of, in_transaction)
        _check_size(nodes, rows_of[root.number], groups)
    rows = rows_of[root.number]
    if with_last:
        return list(zip([row[-1] for row in rows], shape(rows, groups), strict=True))
    return shape(rows, groups)


_NONE: Groups = []


def _check_size(nodes: list[ReadNode], rows: Sequence[Row], groups: Groups) -> None:
    """Refuse an answer of too many records before the first of them is made, or the next are read.

    Rows are read once, but each parent has records of its own: where relations lead round in a
    circle, their number multiplies with every level. The root is the last of ``nodes``.
    """
    if _at_most(nodes, rows, groups) <= MOST_RECORDS:
        return
    sizes: list[dict[Any, int]] = [{} for _ in groups]
    for node in nodes:
        below = [(sizes[number], key_at(places)) for number, places in node.below]
        found = groups[node.number] if node.group else {None: rows}
        for key, some in found.items():
            sizes[node.number][key] = len(some) + sum(
                inner.get(at(row), 0) for row in some for inner, at in below
            )
    total = sum(sizes[nodes[-1].number].values())
    if total > MOST_RECORDS:
        raise RequestError(
            "P2009",
            f"The answer would hold {total:,} records, and at most {MOST_RECORDS:,} are given at "
            "once. Include fewer levels of lists, or take fewer of each.",
            kind="TooLarge",
        )


def _at_most(nodes: list[ReadNode], rows: Sequence[Row], groups: Groups) -> int:
    """Return a number that the records do not exceed: as if all lists were as long as the longest.

    It is found without a look at every row.
    """
    most = [0] * len(groups)
    for node in nodes:
        longest = max(map(len, groups[node.number].values()), default=0)
        length = longest if node.group else len(rows)
        most[node.number] = length * (1 + sum(most[number] for number, _ in node.below))
    return most[nodes[-1].number]


def _gather_all(node: ReadNode, nodes: list[ReadNode]) -> None:
    nodes.append(node)
    for child in (*node.along, *(one for one, _ in node.later)):
        _gather_all(child, nodes)


def _round(
    level: list[ReadNode],
    values: list[Any],
    found: dict[Any, Any],
    groups: Groups,
    rows_of: dict[int, list[Row]],
    in_transaction: bool,
) -> Generator[list[Bound], list[Result], list[ReadNode]]:
    nodes: list[ReadNode] = []
    for node in level:
        _gather(node, nodes)
    bound = [node.statement.bind(values, found) for node in nodes]
    if len(bound) > 1 and not in_transaction:
        try:
            results = (yield [SNAPSHOT, *bound, COMMIT])[1:-1]
        except DatabaseFailure:
            yield [ROLLBACK]
            raise
    else:
        results = yield bound
    later: list[ReadNode] = []
    for node, result in zip(nodes, results, strict=True):
        rows = _keep(node, list(result.rows), values, groups)
        rows_of[node.number] = rows
        for child, places in node.later:
            if _keys(child, places, rows, found):
                later.append(child)
            else:
                _nothing(child, rows_of)
    return later


def _gather(node: ReadNode, nodes: list[ReadNode]) -> None:
    nodes.append(node)
    for child in node.along:
        _gather(child, nodes)


def _keep(node: ReadNode, rows: list[Row], values: list[Any], groups: Groups) -> list[Row]:
    if not node.group:
        return node.window.cut(rows, values) if node.window is not None else rows
    found = grouped(rows, node.group)
    if node.window is not None:
        found = {key: node.window.cut(some, values) for key, some in found.items()}
        rows = [row for some in found.values() for row in some]
    groups[node.number] = found
    return rows


def _keys(child: ReadNode, places: tuple[int, ...], rows: list[Row], found: dict[Any, Any]) -> bool:
    """Note the distinct keys of a child's parents; say whether there are any."""
    keys = list({key_at(places)(row): None for row in rows})
    if len(places) == 1:
        keys = [key for key in keys if key is not None]
        found[child.number, 0] = keys
    else:
        keys = [key for key in keys if None not in key]
        for i in range(len(places)):
            found[child.number, i] = [key[i] for key in keys]
    return bool(keys)


def _nothing(node: ReadNode, rows_of: dict[int, list[Row]]) -> None:
    rows_of[node.number] = []
