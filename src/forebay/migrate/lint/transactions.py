"""Which statements of a script share a transaction, by how the script is sent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from postgast import pg_query_pb2 as pb

from forebay.migrate.lint.parse import Statement
from forebay.migrate.statements import statements as split

# "deployed": one query, in parts where a statement must stand alone, as `migrate deploy` sends it;
# "wrapped": all of it in one transaction, as many tools do; "single": statement by statement.
Sending = Literal["deployed", "wrapped", "single"]

_BEGINS = frozenset({pb.TRANS_STMT_BEGIN, pb.TRANS_STMT_START})
_ENDS = frozenset(
    {
        pb.TRANS_STMT_COMMIT,
        pb.TRANS_STMT_ROLLBACK,
        pb.TRANS_STMT_PREPARE,
    }
)
# Kinds of which some must stand alone; of the others nobody needs to look at the words.
_MAY_STAND_ALONE = frozenset(
    {
        "index_stmt",
        "drop_stmt",
        "reindex_stmt",
        "alter_table_stmt",
        "vacuum_stmt",
        "cluster_stmt",
        "createdb_stmt",
        "dropdb_stmt",
        "create_table_space_stmt",
        "drop_table_space_stmt",
        "create_subscription_stmt",
        "drop_subscription_stmt",
        "alter_system_stmt",
        "alter_database_stmt",
        "discard_stmt",
        "alter_enum_stmt",
    }
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a statement runs: in which transaction, if any, and whether the script began it.

    ``is_second_begin`` and ``is_stray_end`` are what BEGIN and COMMIT are where they do nothing.
    """

    transaction: int | None
    is_explicit: bool = False
    is_second_begin: bool = False
    is_stray_end: bool = False
    # Whether it is inside a DO block, which is one of its own where the block is in none.
    is_in_block: bool = False


def stands_alone(statement: Statement, version: int) -> bool:
    """Say whether PostgreSQL refuses a statement inside a transaction."""
    if statement.kind not in _MAY_STAND_ALONE:
        return False
    found = split(statement.text)
    return bool(found) and found[0].is_barred(version * 10000)


def places(statements: Sequence[Statement], sending: Sending, version: int) -> list[Place]:
    """Return where each statement runs."""
    alone = [stands_alone(one, version) for one in statements]
    found: list[Place] = []
    number = 0
    is_open = False
    for statement, is_alone in zip(statements, alone, strict=True):
        kind = _kind(statement)
        if kind in _BEGINS:
            if not is_open and sending == "single":
                number += 1
            found.append(Place(number, True, is_second_begin=is_open or sending == "wrapped"))
            is_open = True
            continue
        if kind in _ENDS:
            found.append(Place(number, is_open, is_stray_end=not is_open))
            is_open = False
            number += 1
            continue
        if is_open:
            found.append(Place(number, True))
        elif sending == "single" or (is_alone and sending == "deployed"):
            # Whatever comes behind one that stands alone is another query.
            number += 1
            found.append(Place(None))
        else:
            found.append(Place(number))
    return found


def is_left_open(statements: Sequence[Statement]) -> Statement | None:
    """Return the BEGIN that no COMMIT or ROLLBACK answers, if there is one."""
    begun: Statement | None = None
    for statement in statements:
        kind = _kind(statement)
        if kind in _BEGINS:
            begun = begun or statement
        elif kind in _ENDS:
            begun = None
    return begun


def _kind(statement: Statement) -> int | None:
    if statement.kind != "transaction_stmt" or statement.node is None:
        return None
    kind = statement.node.transaction_stmt.kind
    # AND CHAIN begins the next one at once.
    return int(kind) if not statement.node.transaction_stmt.chain else None
