"""Runs the data plane from its start to its end, and tells it what signals ask for.

Signals are blocked before the data plane starts its threads, which inherit that: none of them is
ever interrupted, and the main thread alone decides, in one place.
"""

import json
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING

from forebay.errors import GatewayFailed
from forebay.serve.own_log import log

if TYPE_CHECKING:
    from forebay._gateway import Gateway

# SIGHUP ends it too: the terminal is gone. Where settings can be read again it asks for that.
ENDING = {signal.SIGTERM, signal.SIGINT, signal.SIGHUP}
# As in PgBouncer: at once.
_AT_ONCE = {signal.SIGQUIT}
# As in PgBouncer: PAUSE and RESUME, of every database.
_PAUSING = {signal.SIGUSR1, signal.SIGUSR2}


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


def hold_back_signals() -> None:
    """Keep what only a running gateway can answer until there is one."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGHUP, *_PAUSING})


def require_data_plane() -> None:
    """Load the data plane; whoever changes its account does so before, while it can be read.

    Raises:
        GatewayFailed: it is not built.
    """
    try:
        import forebay._gateway  # noqa: F401  only to have it
    except ImportError:
        raise GatewayFailed(
            "the data plane, forebay._gateway, is not built",
            hint="make up builds it; wheels carry it",
        ) from None


def run(
    configuration: str,
    on_listening: Callable[[list[str]], None],
    on_hangup: Callable[["Gateway"], None] | None = None,
    on_reload: Callable[["Gateway", str | None, str | None], None] | None = None,
    *,
    waits: bool = False,
) -> None:
    """Run the data plane until a signal ends it: the first one drains, a second one stops.

    With `waits` the first is PgBouncer's: SIGTERM waits for clients to leave, SIGINT for servers.

    The console has `on_reload`, when there is one, hand over another configuration.
    SIGHUP calls `on_hangup`, when there is one, and SIGQUIT stops at once. The signals stay blocked
    afterwards, so that what the caller still has to stop is stopped.

    Raises:
        GatewayFailed: the data plane refused to start, or ended without being asked.
    """
    require_data_plane()
    from forebay._gateway import Gateway, GatewayError

    signal.pthread_sigmask(signal.SIG_BLOCK, ENDING | _AT_ONCE | _PAUSING)
    started: list[Gateway] = []

    def answer(name: str | None, value: str | None) -> None:
        if not started or on_reload is None:
            raise GatewayFailed("the gateway has not started yet", hint="ask again")
        on_reload(started[0], name, value)

    try:
        gateway = Gateway.start(configuration, None if on_reload is None else answer)
    except GatewayError as error:
        message, hint = error.args
        raise GatewayFailed(message, hint=hint or None) from None
    started.append(gateway)
    try:
        on_listening(gateway.addresses)
        began_to_end = _wait_for_end(gateway, on_hangup, waits)
    finally:
        gateway.stop()
        gateway.join()
    statistics = json.loads(gateway.stats())
    if began_to_end is None and statistics["asked_to_end"]:
        log("ended, as the console asked")
        return
    if began_to_end is None:
        raise GatewayFailed(
            "the data plane ended without being asked", hint="its last log lines say why"
        )
    log(
        f"ended after {time.monotonic() - began_to_end:.1f} s:"
        f" {statistics['drained']} clients sent away, {statistics['panics']} defects met"
    )


def _pause_or_resume(gateway: "Gateway", number: signal.Signals) -> None:
    from forebay._gateway import GatewayError

    try:
        if number == signal.SIGUSR2:
            gateway.resume()
            log("resumed")
        elif gateway.pause(timeout=0):
            log("paused: no server is in use; SIGUSR2 resumes")
        else:
            log("pausing: servers are closed as transactions end; SIGUSR2 resumes")
    except GatewayError as error:
        if "shutting down" in error.args[0]:
            # PgBouncer's words.
            log(f"got {number.name} while shutting down, ignoring")
        else:
            log(f"{number.name} ignored: {error.args[0]}")


def _begin_to_end(gateway: "Gateway", number: signal.Signals, waits: bool) -> None:
    if not waits or number == signal.SIGHUP:
        gateway.drain()
        log("draining: no new clients, open transactions may finish; again to end at once")
    elif number == signal.SIGINT:
        gateway.shut_down(servers=True)
        log("waiting for servers: clients keep theirs, and get no other; again to end at once")
    else:
        gateway.shut_down()
        log("waiting for clients: no new ones, the others may stay; again to end at once")


def _wait_for_end(
    gateway: "Gateway", on_hangup: Callable[["Gateway"], None] | None, waits: bool
) -> float | None:
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
        number = signal.Signals(signal.sigwait(ENDING | _AT_ONCE | _PAUSING))
        if has_ended.is_set():
            break
        if number in _PAUSING:
            _pause_or_resume(gateway, number)
        elif number == signal.SIGHUP and on_hangup is not None:
            on_hangup(gateway)
        elif began is None:
            began = time.monotonic()
            if number in _AT_ONCE:
                gateway.stop()
                continue
            _begin_to_end(gateway, number, waits)
        else:
            gateway.stop()
    watcher.join()
    return began
