"""The list of operations: every one that a client has, in one place.

Whatever claims to cover all of them is compared with this list when it is loaded, so that an
operation which is added here and forgotten there is an error and never a hole.
"""

from __future__ import annotations

from typing import Literal, NamedTuple, TypeAlias

Gives: TypeAlias = Literal["one", "many", "count", "summary", "rows"]


class Kind(NamedTuple):
    """What an operation is: its name in the protocol, whether it writes, and what it gives."""

    name: str
    action: str
    writes: bool
    gives: Gives


OPERATIONS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind("find_unique", "findUnique", False, "one"),
        Kind("find_unique_or_raise", "findUniqueOrThrow", False, "one"),
        Kind("find_first", "findFirst", False, "one"),
        Kind("find_first_or_raise", "findFirstOrThrow", False, "one"),
        Kind("find_many", "findMany", False, "many"),
        Kind("count", "aggregate", False, "summary"),
        Kind("aggregate", "aggregate", False, "summary"),
        Kind("group_by", "groupBy", False, "summary"),
        Kind("create", "createOne", True, "one"),
        Kind("create_many", "createMany", True, "count"),
        Kind("create_many_and_return", "createManyAndReturn", True, "many"),
        Kind("update", "updateOne", True, "one"),
        Kind("update_many", "updateMany", True, "count"),
        Kind("update_many_and_return", "updateManyAndReturn", True, "many"),
        Kind("upsert", "upsertOne", True, "one"),
        Kind("delete", "deleteOne", True, "one"),
        Kind("delete_many", "deleteMany", True, "count"),
    )
}

# Those that belong to no model.
RAW_OPERATIONS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind("query_raw", "queryRaw", False, "rows"),
        Kind("query_first", "queryRaw", False, "one"),
        Kind("execute_raw", "executeRaw", True, "count"),
    )
}

# What a nested write may do with related records, in the protocol's spelling.
NESTED_WRITES = (
    "create",
    "createMany",
    "connect",
    "connectOrCreate",
    "set",
    "disconnect",
    "delete",
    "deleteMany",
    "update",
    "updateMany",
    "upsert",
)

# The actions of the protocol that stand behind the operations.
ACTIONS = frozenset(kind.action for kind in (*OPERATIONS.values(), *RAW_OPERATIONS.values()))
