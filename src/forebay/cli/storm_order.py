"""Carries out a storm: what it is aimed at, how it is watched, what is said at its end."""

import asyncio
import getpass
import json
import os
import signal
import tempfile
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from rich.console import Console
from rich.text import Text

from forebay.cli import report
from forebay.cli.storm_pooler import given_pooler, own_pooler, require_possible
from forebay.errors import ConfigurationError, DatabaseLost
from forebay.postgres.embedded import start_ephemeral
from forebay.postgres.secret import Secret
from forebay.postgres.url import PostgresUrl, parse_url
from forebay.serve.lifecycle import ENDING
from forebay.storm.database import Database
from forebay.storm.guard import raise_descriptor_limit, require_descriptors, resolve
from forebay.storm.html import page
from forebay.storm.plan import Plan, Strategy
from forebay.storm.report import as_json
from forebay.storm.run import OpenPooler, Storm
from forebay.storm.verdict import EXIT_CODES, Thresholds, judge
from forebay.storm.view import LiveView, closing
from forebay.storm.visitor import Route, parse_route

_DIRECT = (Strategy.DIRECT_POOL, Strategy.DIRECT_ONE)
_EVERY = (*_DIRECT, Strategy.POOLED)
_WIDTH = 120  # of what is printed where no terminal says its own


@dataclass(frozen=True)
class Order:
    """What the command line asked for."""

    plan: Plan
    thresholds: Thresholds
    names: tuple[str, ...]
    database_url: str | None
    pooled_url: str | None
    http: str | None
    pool_size: int
    html: Path | None
    is_json: bool
    allows_remote: bool


@dataclass(frozen=True)
class Aim:
    """What the storm goes at."""

    strategies: tuple[Strategy, ...]
    database: Database | None
    open_pooler: OpenPooler | None
    route: tuple[Route, str] | None
    is_embedded: bool = False
    own_pool_size: int | None = None


def run_order(order: Order, stack: ExitStack) -> int:
    """Run the storm and say what came of it; return the exit code.

    Raises:
        ForebayError: it could not be run.
    """
    if order.html is not None:
        _require_writable(order.html)
    aim = _aim(order, stack)
    errors = Console(stderr=True, highlight=False, soft_wrap=True)
    with LiveView(errors) as view:
        storm = Storm(
            order.plan,
            aim.strategies,
            database=aim.database,
            open_pooler=aim.open_pooler,
            route=aim.route,
            on_tick=view.draw,
        )
        try:
            was_interrupted = asyncio.run(_interruptible(lambda: _run(storm, aim)))
        except DatabaseLost as error:
            report(error)
            return EXIT_CODES["inconclusive"]
        finally:
            if storm.left and not aim.is_embedded:
                errors.print(Text(f"Left behind, since PostgreSQL is gone: {storm.left}"))
    verdict = judge(storm.outcomes, order.thresholds, was_interrupted=was_interrupted)
    if order.is_json:
        print(json.dumps(as_json(storm, verdict), indent=2))
    else:
        console = Console(highlight=False)
        if not console.is_terminal:
            console.width = _WIDTH
        # Whatever is wider than the terminal goes on in the next line: nothing is cut off.
        console.print(closing(storm, verdict), crop=False)
    if order.html is not None:
        _write(order.html, page(storm, verdict))
        errors.print(Text(f"Report: {order.html}"))
    return verdict.exit_code


async def _run(storm: Storm, aim: Aim) -> None:
    database = storm.database
    limit = raise_descriptor_limit()
    if database is None:
        require_descriptors(storm.plan.functions, 0, limit)
    else:
        await database.open()
        try:
            require_descriptors(storm.plan.functions, database.server.max_connections, limit)
            if aim.own_pool_size is not None:
                require_possible(database, aim.own_pool_size)
        except ConfigurationError:
            await database.clean()
            raise
    await storm.run()


async def _interruptible(run: Callable[[], Awaitable[None]]) -> bool:
    """Run to the end, or to the first ending signal; return whether there was one.

    Further signals change nothing: cleaning up is bounded, and leaves nothing behind.
    """
    loop = asyncio.get_running_loop()
    task = asyncio.ensure_future(run())
    was_interrupted = False

    def interrupt() -> None:
        nonlocal was_interrupted
        if not was_interrupted:
            was_interrupted = True
            task.cancel()

    for number in ENDING:
        if signal.getsignal(number) is not signal.SIG_IGN:
            loop.add_signal_handler(number, interrupt)
    try:
        await task
    except asyncio.CancelledError:
        if not was_interrupted:
            raise
    finally:
        # The loop would give them back their defaults, which end the process where it stands.
        signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)
    return was_interrupted


def _aim(order: Order, stack: ExitStack) -> Aim:
    strategies = _strategies(order)
    url, hostaddr = None, None
    if order.database_url is not None:
        url = _complete(parse_url(order.database_url))
        hostaddr = resolve(url.host, "--database-url", allows_remote=order.allows_remote)
    if order.http is not None:
        route = parse_route(order.http)
        address = resolve(route.host, "--http", allows_remote=order.allows_remote)
        database = Database(url, hostaddr) if url is not None else None
        return Aim(strategies, database, None, (route, address or route.host))
    open_pooler: OpenPooler | None = None
    socket_url = None
    given = None
    if order.pooled_url is not None:
        pooled = _complete(parse_url(order.pooled_url))
        given = given_pooler(
            pooled, resolve(pooled.host, "--pooled-url", allows_remote=order.allows_remote)
        )
    if url is None:
        server = stack.enter_context(start_ephemeral())
        url, hostaddr, socket_url = server.url, server.url.host, server.socket_url
    if Strategy.POOLED in strategies:
        open_pooler = given or own_pooler(
            functions=order.plan.functions, pool_size=order.pool_size, socket_url=socket_url
        )
    return Aim(
        strategies,
        Database(url, hostaddr),
        open_pooler,
        None,
        is_embedded=socket_url is not None,
        own_pool_size=order.pool_size if open_pooler is not None and given is None else None,
    )


def _strategies(order: Order) -> tuple[Strategy, ...]:
    if order.http is not None:
        if order.names or order.pooled_url or order.plan.statements:
            raise ConfigurationError(
                "--http storms a route: --strategy, --pooled-url and --query do not go with it",
                hint="keep --http, or the others",
            )
        return (Strategy.HTTP,)
    if order.pooled_url is not None and order.database_url is None:
        raise ConfigurationError(
            "--pooled-url needs --database-url beside it",
            hint="storm watches PostgreSQL itself, on the direct URL, to count its connections",
        )
    chosen: set[Strategy] = set()
    for name in order.names or ("direct", "pooled"):
        if name == "direct":
            chosen.update(_DIRECT)
        elif name in _EVERY:
            chosen.add(Strategy(name))
        else:
            raise ConfigurationError(
                f'--strategy "{name}" is unknown',
                hint="there are direct-pool, direct-one, direct (both) and pooled",
            )
    if order.pooled_url is not None and Strategy.POOLED not in chosen:
        raise ConfigurationError(
            "--pooled-url is given, and no strategy uses it", hint="add --strategy pooled"
        )
    return tuple(each for each in _EVERY if each in chosen)


def _complete(url: PostgresUrl) -> PostgresUrl:
    """Fill in what libpq would take from the environment and the account."""
    user = url.user or os.environ.get("PGUSER") or getpass.getuser()
    password = url.password
    if password is None and "PGPASSWORD" in os.environ:
        password = Secret(os.environ["PGPASSWORD"])
    return replace(url, user=user, password=password, database=url.database or user)


def _require_writable(path: Path) -> None:
    """See that the report can be written before a minute is spent on it."""
    try:
        if path.is_dir():
            raise IsADirectoryError(21, "it is a folder")
        with tempfile.TemporaryFile(dir=path.absolute().parent):
            pass
    except OSError as error:
        raise ConfigurationError(
            f"--html {path} cannot be written: {error.strerror}",
            hint="name a file in a folder that exists and is yours",
        ) from None


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(
            f"--html {path} cannot be written: {error.strerror}",
            hint="name a file in a folder that exists and is yours",
        ) from None
