"""The books of a bank balance whatever happens, and the audit sees it when they do not."""

from dataclasses import replace

import pytest

from bench.pooler.contestants import make_contestant
from bench.prove.bank import findings, run_bank
from bench.prove.bank_books import OPENING_BALANCE, Books, Entry, audit, read_diary

SECONDS = 20.0

JOURNAL = [
    *("sent a 0 1 10", "answered a"),
    *("sent b 1 2 5", "refused b"),
    *("sent c 2 0 7", "cut"),
    *("sent d 0 2 1", "error 57P01 terminating connection"),
]
LEDGER = [Entry("a", 0, 1, 10), Entry("c", 2, 0, 7)]
BALANCES = {0: OPENING_BALANCE - 3, 1: OPENING_BALANCE + 10, 2: OPENING_BALANCE - 7}
BOOKS = Books(LEDGER, BALANCES, accounts=3)


@pytest.mark.timeout(240)
def test_restarts_kills_and_reloads_for_twenty_seconds() -> None:
    """The proof ``bank`` is the same for two minutes."""
    outcome = run_bank(make_contestant("forebay"), SECONDS, "bank-test", lambda _: None)
    missed = [finding for finding in findings(outcome) if not finding.is_pass]
    assert missed == []


def test_books_that_balance() -> None:
    diary = read_diary(JOURNAL)
    found = audit(diary, BOOKS)
    assert (found.missing, found.doubled, found.altered) == ([], [], [])
    assert (found.uninvited, found.wrong_balances) == ([], [])
    assert (diary.unknown, found.stood) == ({"c", "d"}, 1)
    assert (diary.cuts, sum(diary.errors.values())) == (1, 1)
    assert BOOKS.after == BOOKS.before


@pytest.mark.parametrize(
    ("books", "kind", "names"),
    [
        (replace(BOOKS, ledger=LEDGER[1:]), "missing", ["a"]),
        (replace(BOOKS, ledger=[*LEDGER, LEDGER[0]]), "doubled", ["a"]),
        (replace(BOOKS, ledger=[*LEDGER, Entry("b", 1, 2, 5)]), "uninvited", ["b"]),
        (replace(BOOKS, ledger=[*LEDGER, Entry("z", 1, 2, 5)]), "uninvited", ["z"]),
        (replace(BOOKS, ledger=[Entry("a", 0, 1, 11), LEDGER[1]]), "altered", ["a"]),
        (replace(BOOKS, balances={**BALANCES, 1: 0}), "wrong_balances", [1]),
        (replace(BOOKS, balances={0: BALANCES[0]}), "wrong_balances", [1, 2]),
    ],
)
def test_books_that_do_not(books: Books, kind: str, names: list[object]) -> None:
    assert getattr(audit(read_diary(JOURNAL), books), kind) == names
