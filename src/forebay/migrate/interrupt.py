"""SIGINT and SIGTERM while scripts run: none is left without a word of what became of it.

What Python does by itself is to leave a query in the middle, whether or not it was through. Here
the server is asked to cancel it, and its answer says which.
"""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import Any, ClassVar

import psycopg

from forebay.errors import MigrationError

_SIGNALS = (signal.SIGINT, signal.SIGTERM)
# How long a server may take to say that it has heard of a cancel request.
_PATIENCE = 5.0


class Interrupted(MigrationError):
    """A run that somebody stopped; ``kept`` says what became of the script under way, if any."""

    code: ClassVar[str] = "FB1502"

    def __init__(
        self,
        number: int,
        *,
        script: str | None = None,
        kept: str = "",
        applied: Sequence[str] = (),
        left: Sequence[str] = (),
    ) -> None:
        """Say what is applied, what was stopped, what was not begun, and what to do."""
        self.signal = number
        self.script = script
        self.kept = kept
        lines = [f"interrupted by {signal.Signals(number).name}", ""]
        lines.append(f"Applied: {_listed(applied) or 'nothing'}")
        if script is not None:
            lines.append(f"Interrupted: `{script}`, recorded as failed. {kept}")
        if left:
            lines.append(f"Not begun: {_listed(left)}")
        hint = "`forebay migrate deploy` goes on from here" if left else None
        if script is not None:
            hint = (
                f"`forebay migrate resolve --rolled-back {script}` once nothing of it is left, and"
                " the next deploy runs it again"
            )
        super().__init__("", "\n".join(lines), hint=hint)

    @property
    def exit_code(self) -> int:
        """What a shell says of a program that a signal ended."""
        return 128 + self.signal

    def among(self, applied: Sequence[str], left: Sequence[str]) -> Interrupted:
        """Return the same with what was applied before, and what was not begun."""
        return Interrupted(
            self.signal, script=self.script, kept=self.kept, applied=applied, left=left
        )


class Now(KeyboardInterrupt):
    """A signal at a moment at which nothing is under way; psycopg cancels its query for this."""


class Signals:
    """The signals of a run; outside of the main thread, and where they are ignored, none."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._connection = connection
        self._is_held = False
        self._is_sent = False
        self._received: int | None = None

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Take the signals for as long as the block runs.

        Raises:
            Interrupted: one came where nothing was under way.
        """
        before: dict[signal.Signals, Any] = {}
        if threading.current_thread() is threading.main_thread():
            for one in _SIGNALS:
                if signal.getsignal(one) is not signal.SIG_IGN:
                    before[one] = signal.signal(one, self._take)
        try:
            yield
        except Now:
            raise Interrupted(self._received or signal.SIGINT) from None
        finally:
            for one, handler in before.items():
                signal.signal(one, handler)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keep a first signal in mind while the block runs, which is to come to its end."""
        self._is_held = True
        try:
            yield
        finally:
            self._is_held = False

    @contextmanager
    def cancelling(self) -> Iterator[None]:
        """Have a first signal cancel the query that the block sends."""
        self._is_sent = True
        try:
            yield
        finally:
            self._is_sent = False

    def received(self) -> int | None:
        """Return the number of the signal that has come, if one has."""
        return self._received

    def check(self) -> None:
        """Stop here if a signal has come.

        Raises:
            Interrupted: one has.
        """
        if self._received is not None:
            raise Interrupted(self._received)

    def _take(self, number: int, frame: FrameType | None) -> None:
        is_first = self._received is None
        self._received = number
        if not self._is_held or not is_first:
            raise Now
        if self._is_sent:
            # A server that cannot be reached says so to the query itself.
            with contextlib.suppress(psycopg.Error):
                self._connection.cancel_safe(timeout=_PATIENCE)


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f"`{one}`" for one in names)
