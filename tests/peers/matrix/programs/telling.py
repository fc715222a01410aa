"""The lines between a script and the program that has the driver: one verb in, one answer out.

A line in is a verb, a tab and its argument; a line out is `=` and a value, or `!`, a SQLSTATE and
what was said. Programs in other languages speak the same.
"""

import sys
from abc import ABC, abstractmethod
from collections.abc import Callable

NOTHING = "nothing came"
PATIENCE = 3.0  # seconds that a program waits for a notification
ROWS = 1000  # that COPY moves in either direction
CURSOR_ROWS = 6


class Failed(Exception):
    """PostgreSQL, the pooler or the driver said no."""

    def __init__(self, sqlstate: str, words: str) -> None:
        super().__init__(words)
        self.sqlstate = sqlstate


class Driver(ABC):
    """One client of one driver, used the way its documentation shows."""

    @abstractmethod
    def __init__(self, url: str) -> None:
        """Connect."""

    @abstractmethod
    def run(self, sql: str) -> None:
        """Run a statement that returns nothing."""

    @abstractmethod
    def ask(self, sql: str) -> list[str]:
        """Return the first column of a query."""

    @abstractmethod
    def begin(self) -> None:
        """Begin a transaction; within one, a savepoint."""

    @abstractmethod
    def commit(self) -> None:
        """End the innermost of these as it is meant."""

    @abstractmethod
    def rollback(self) -> None:
        """Undo the innermost of these."""

    @abstractmethod
    def double(self, number: int) -> str:
        """Return twice the number, by a statement with a parameter on the driver's defaults."""

    @abstractmethod
    def open_cursor(self) -> None:
        """Begin to read `CURSOR_ROWS` numbers through the driver's server-side cursor."""

    @abstractmethod
    def fetch(self) -> list[str]:
        """Return the next two of the cursor's rows."""

    @abstractmethod
    def close_cursor(self) -> None:
        """Close the cursor, and end a transaction that was begun for it."""

    @abstractmethod
    def listen(self, channel: str) -> None:
        """Listen on a channel."""

    @abstractmethod
    def heard(self) -> str:
        """Return what is said next on the channel, or `NOTHING`."""

    @abstractmethod
    def unlisten(self, channel: str) -> None:
        """Listen no more."""

    @abstractmethod
    def copy_in(self) -> None:
        """Copy `ROWS` rows into the table `copied`."""

    @abstractmethod
    def copy_out(self) -> str:
        """Return how many rows COPY reads of it."""

    @abstractmethod
    def sleep(self) -> None:
        """Begin a query that lasts a minute, and return at once."""

    @abstractmethod
    def cancel(self) -> str:
        """Cancel that query; return the SQLSTATE it ended with."""


def _verbs(driver: Driver) -> dict[str, Callable[[str], object]]:
    return {
        "run": driver.run,
        "ask": lambda sql: ",".join(driver.ask(sql)),
        "begin": lambda _: driver.begin(),
        "commit": lambda _: driver.commit(),
        "rollback": lambda _: driver.rollback(),
        "double": lambda number: driver.double(int(number)),
        "open": lambda _: driver.open_cursor(),
        "fetch": lambda _: ",".join(driver.fetch()),
        "close": lambda _: driver.close_cursor(),
        "listen": driver.listen,
        "heard": lambda _: driver.heard(),
        "unlisten": driver.unlisten,
        "copy in": lambda _: driver.copy_in(),
        "copy out": lambda _: driver.copy_out(),
        "sleep": lambda _: driver.sleep(),
        "cancel": lambda _: driver.cancel(),
    }


def serve(connect: Callable[[str], Driver], failures: Callable[[Exception], str]) -> None:
    """Connect to the URL in the first argument, then do what comes in until nothing does.

    `failures` finds the SQLSTATE of one of the driver's own errors.
    """

    def answer(work: Callable[[], object]) -> None:
        try:
            said = work()
            line = f"={'' if said is None else said}"
        except Exception as error:  # what goes wrong is what the script wants to know
            words = " ".join(str(error).split())
            line = f"!{failures(error)} {type(error).__name__}: {words}"
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()

    drivers: list[Driver] = []
    answer(lambda: drivers.append(connect(sys.argv[1])))
    for line in sys.stdin:
        verb, _, argument = line.rstrip("\n").partition("\t")
        work = _verbs(drivers[0])[verb]
        answer(lambda work=work, argument=argument: work(argument))  # type: ignore[misc]
