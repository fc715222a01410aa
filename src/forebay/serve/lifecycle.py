"""Runs the data plane from its start to its end, and tells it what signals ask for.

Signals are blocked before the data plane starts its threads, which inherit that: none of them is
ever interrupted, and the main thread alone decides, in one place.
"""

import json
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING

from forebay.errors import GatewayFailed

if TYPE_CHECKING:
    from forebay._gateway import Gateway

# SIGHUP ends it too: the terminal is gone.
ENDING = {signal.SIGTERM, signal.SIGINT, signal.SIGHUP}


@contextmanager
def interruptible_start() -> Iterator[None]:
    """Make every ending signal raise KeyboardInterrupt, so that a start cleans up behind itself."""

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = {}
    for number in ENDING:
        if signal.getsignal(number) is not signal.SIG_IGN:  # nohup stays in force
            before[number] = signal.signal(number, interrupt)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def run(configuration: str, on_listening: Callable[[list[str]], None]) -> None:
    """Run the data plane until a signal ends it: the first one drains, a second one stops.

    The signals stay blocked afterwards, so that what the caller still has to stop is stopped.

    Raises:
        GatewayFailed: the data plane refused to start, or ended without being asked.
    """
    try:
        from forebay._gateway import Gateway, GatewayError
    except ImportError:
        raise GatewayFailed(
            "the data plane, forebay._gateway, is not built",
            hint="make up builds it; wheels carry it",
        ) from None
    signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)
    try:
        gateway = Gateway.start(configuration)
    except GatewayError as error:
        message, hint = error.args
        raise GatewayFailed(message, hint=hint or None) from None
    try:
        on_listening(gateway.addresses)
        began_to_end = _wait_for_end(gateway)
    finally:
        gateway.stop()
        gateway.join()
    if began_to_end is None:
        raise GatewayFailed(
            "the data plane ended without being asked", hint="its last log lines say why"
        )
    statistics = json.loads(gateway.stats())
    _log(
        f"ended after {time.monotonic() - began_to_end:.1f} s:"
        f" {statistics['drained']} clients sent away, {statistics['panics']} defects met"
    )


def _wait_for_end(gateway: "Gateway") -> float | None:
    """Return when the first signal came, once the data plane has ended; None if there was none."""
    has_ended = threading.Event()
    waiting = threading.get_ident()

    def watch() -> None:
        gateway.join()
        has_ended.set()
        # sigwait has no other way to hear of it: sigtimedwait is missing on macOS.
        signal.pthread_kill(waiting, signal.SIGTERM)

    watcher = threading.Thread(target=watch, name="forebay-watch", daemon=True)
    watcher.start()
    began = None
    while True:
        signal.sigwait(ENDING)
        if has_ended.is_set():
            break
        if began is None:
            began = time.monotonic()
            gateway.drain()
            _log("draining: no new clients, open transactions may finish; again to end at once")
        else:
            gateway.stop()
    watcher.join()
    return began


def _log(text: str) -> None:
    print(f"forebay: {text}", file=sys.stderr, flush=True)  # noqa: T201
