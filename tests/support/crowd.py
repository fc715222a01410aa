"""Clients at work: each checks every answer and notes every error while a fault happens."""

import random
import threading
from collections import Counter
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from tests.support.door import Door
from tests.support.messages import bind, execute, parse, query, sync
from tests.support.replies import Reply, errors, rows
from tests.support.waiting import PATIENCE, wait_until
from tests.support.wire import Closed, Wire


@dataclass
class Crowd:
    """So many clients that work until the block ends, each on a thread of its own.

    Every one of them uses, in turn, a simple query, a pipeline with a named statement, and a
    transaction of several. One whose session ends connects again.
    """

    door: Door
    count: int
    errors: list[dict[str, str]] = field(default_factory=list)
    silent: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    hung: int = 0
    _answers: list[int] = field(default_factory=list)
    _is_over: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)

    @property
    def states(self) -> Counter[str]:
        """How many errors there were, by SQLSTATE."""
        return Counter(error["C"] for error in self.errors)

    def wait_for_more(self, answers: int = 3) -> None:
        """Wait until each client has had so many more answers than now."""
        wanted = [had + answers for had in self._answers]
        wait_until(lambda: all(a >= b for a, b in zip(self._answers, wanted, strict=True)), 30)

    def end(self) -> None:
        """Send everybody home, once they have finished what they are at."""
        self._is_over.set()
        for thread in self._threads:
            thread.join(2 * PATIENCE)
        assert not any(thread.is_alive() for thread in self._threads), "a client hangs"

    def check(self) -> None:
        """See that nobody waited in vain, was sent away without a word, or got a wrong answer."""
        unhappy = (self.hung, self.silent[:5], self.wrong[:5])
        assert unhappy == (0, [], []), unhappy

    def _work(self, number: int) -> None:
        wire: Wire | None = None
        asked = 0
        while not self._is_over.is_set():
            asked += 1
            try:
                if wire is None:
                    wire = self.door.wire()
                self._ask(wire, f"{number}:{asked}", asked)
                self._answers[number] += 1
                continue
            except Closed as closed:
                self._note(closed.error, f"{number}:{asked}")
            except TimeoutError:
                self.hung += 1
            except OSError as error:
                self.silent.append(f"{number}:{asked}: {error}")
            if wire is not None:
                wire.close()
                wire = None
            # Nobody knocks without a pause at a door that is shut.
            self._is_over.wait(0.01 + random.random() / 100)
        if wire is not None:
            wire.close()

    def _ask(self, wire: Wire, marker: str, turn: int) -> None:
        if turn % 3 == 0:
            replies = wire.query(f"select '{marker}'")
        elif turn % 3 == 1:
            name = f"s{turn}"
            replies = wire.play(
                parse("select $1::text", name), bind(name, marker), execute(), sync()
            )
        else:
            replies = wire.play(query("begin"), query(f"select '{marker}'"), query("commit"))
        if rows(replies) != [[marker]]:
            self.wrong.append(f"{marker}: {rows(replies)} {errors(replies)}")

    def _note(self, error: Reply | None, marker: str) -> None:
        if error is None:
            self.silent.append(f"{marker}: closed without a word")
        else:
            self.errors.append(error.fields)

    def __enter__(self) -> Self:
        self._answers = [0] * self.count
        self._threads = [
            threading.Thread(target=self._work, args=(number,)) for number in range(self.count)
        ]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.end()
