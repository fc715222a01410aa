"""Closes the books of the bank: compares what clients were told with what PostgreSQL holds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

OPENING_BALANCE = 1000
EXAMPLES = 3  # of each kind of discrepancy, to look for


@dataclass(frozen=True)
class Entry:
    """A row of the ledger, or the movement a client asked for."""

    id: str
    source: int
    target: int
    amount: int


@dataclass
class Diary:
    """What all clients wrote down."""

    sent: dict[str, Entry] = field(default_factory=dict)
    answered: set[str] = field(default_factory=set)
    refused: set[str] = field(default_factory=set)
    hung: set[str] = field(default_factory=set)
    crossed: set[str] = field(default_factory=set)
    errors: Counter[str] = field(default_factory=Counter)
    cuts: int = 0

    @property
    def unknown(self) -> set[str]:
        """Movements that nobody was told the end of."""
        return set(self.sent) - self.answered - self.refused


def read_diary(lines: Iterable[str]) -> Diary:
    """Read the lines of every journal."""
    diary = Diary()
    sets = {
        "answered": diary.answered,
        "refused": diary.refused,
        "hung": diary.hung,
        "crossed": diary.crossed,
    }
    for line in lines:
        kind, _, rest = line.partition(" ")
        if kind == "sent":
            id_, source, target, amount = rest.split()
            diary.sent[id_] = Entry(id_, int(source), int(target), int(amount))
        elif kind == "error":
            diary.errors[rest] += 1
        elif kind == "cut":
            diary.cuts += 1
        else:
            sets[kind].add(rest)
    return diary


@dataclass(frozen=True)
class Books:
    """The ledger and the accounts as PostgreSQL holds them, and how many accounts there were."""

    ledger: list[Entry]
    balances: dict[int, int]
    accounts: int

    @property
    def before(self) -> int:
        """All the money there was."""
        return self.accounts * OPENING_BALANCE

    @property
    def after(self) -> int:
        """All the money there is."""
        return sum(self.balances.values())


@dataclass(frozen=True)
class Audit:
    """What does not fit; every list is empty when all is well."""

    missing: list[str]  # answered, and not in the ledger
    doubled: list[str]  # in the ledger more than once
    altered: list[str]  # in the ledger otherwise than asked for
    uninvited: list[str]  # in the ledger, and refused or never committed
    wrong_balances: list[int]  # accounts that do not follow from the ledger
    stood: int  # of the unknown, those that were committed


def audit(diary: Diary, books: Books) -> Audit:
    """Compare the two."""
    times = Counter(entry.id for entry in books.ledger)
    expected = dict.fromkeys(range(books.accounts), OPENING_BALANCE)
    for entry in books.ledger:
        expected[entry.source] -= entry.amount
        expected[entry.target] += entry.amount
    return Audit(
        missing=sorted(diary.answered - set(times)),
        doubled=sorted(id_ for id_, count in times.items() if count > 1),
        altered=sorted(
            entry.id for entry in books.ledger if diary.sent.get(entry.id, entry) != entry
        ),
        uninvited=sorted(id_ for id_ in times if id_ not in diary.sent or id_ in diary.refused),
        wrong_balances=sorted(
            account
            for account in expected.keys() | books.balances.keys()
            if expected.get(account) != books.balances.get(account)
        ),
        stood=len(diary.unknown & set(times)),
    )


def counted(found: list[str] | list[int]) -> str:
    """Say how many, and name a few."""
    if not found:
        return "none"
    names = ", ".join(str(one) for one in found[:EXAMPLES])
    return f"{len(found):,} ({names}{', …' if len(found) > EXAMPLES else ''})"
