"""What differs between two columns of one name."""

from __future__ import annotations

import json
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from forebay.migrate.database import Column, Default
from forebay.migrate.diff.casts import Cast, cast

_NUMBERS = frozenset({"Int", "BigInt", "Float", "Decimal"})


@dataclass(frozen=True, slots=True)
class ColumnChange:
    """What changes in a column; ``cast`` is None where its type stays."""

    before: Column
    after: Column
    cast: Cast | None
    arity: bool
    default: bool
    serial: bool

    @property
    def is_any(self) -> bool:
        """Whether anything changes."""
        return bool(self.cast) or self.arity or self.default or self.serial


def compare(before: Column, after: Column) -> ColumnChange:
    """Compare two columns."""
    return ColumnChange(
        before,
        after,
        cast(before, after),
        before.arity != after.arity,
        not same_default(before, after),
        before.is_serial != after.is_serial,
    )


def same_default(before: Column, after: Column) -> bool:
    """Say whether two columns have the same default, as far as Prisma tells them apart."""
    old, new = before.default, after.default
    if before.is_generated and new is None:
        # What a column is computed from is not the data model's.
        return True
    if old is None or new is None:
        return _none_is_same(old, new)
    if new.kind == "sequence" or (new.kind == "expression" and new.value is None):
        return True
    if "DateTime" in (before.type.family, after.type.family):
        kinds = {old.kind, new.kind}
        if "literal" in kinds or kinds == {"list", "expression"}:
            # Moments are not compared: PostgreSQL prints them in another way.
            return True
    if old.kind != new.kind:
        return False
    if old.kind == "expression":
        return str(old.value).lower() == str(new.value).lower()
    if old.kind == "list":
        return _same_lists(before, after, tuple(old.value or ()), tuple(new.value or ()))
    if old.kind == "literal":
        return same_literal(before, after, str(old.value), str(new.value))
    return True


def _none_is_same(old: Default | None, new: Default | None) -> bool:
    if old is None and new is None:
        return True
    if new is None:
        # The sequence goes by itself.
        return old is not None and old.kind == "sequence"
    return new.kind == "sequence" or (new.kind == "expression" and new.value is None)


def _same_lists(before: Column, after: Column, old: tuple[str, ...], new: tuple[str, ...]) -> bool:
    if "DateTime" in (before.type.family, after.type.family):
        return len(old) == len(new)
    return len(old) == len(new) and all(
        same_literal(before, after, one, other) for one, other in zip(old, new, strict=True)
    )


def same_literal(before: Column, after: Column, old: str, new: str) -> bool:
    """Say whether two literals are the same value."""
    if old == new:
        return True
    families = {before.type.family, after.type.family}
    if "Json" in families:
        try:
            return bool(json.loads(_unquoted(old)) == json.loads(_unquoted(new)))
        except ValueError:
            return True
    if families <= _NUMBERS:
        try:
            return Decimal(old) == Decimal(new)
        except InvalidOperation:
            return False
    return False


def _unquoted(text: str) -> str:
    return text[1:-1].replace("''", "'") if text.startswith("'") else text
