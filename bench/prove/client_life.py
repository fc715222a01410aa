"""What processes do to a client, each in a process of its own: ``client_life SCENARIO FOLDER URL``.

The folder holds two generated packages, ``shop`` for asyncio and ``shop_sync``. What went wrong
without the program's doing is printed as JSON in the end, with how much was done.
"""

from __future__ import annotations

import asyncio
import gc
import importlib
import json
import logging
import os
import random
import sys
import traceback
import warnings
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

ACCOUNTS, MONEY = 8, 1000
LIMIT = 4

Count = dict[str, int]
wrong: list[str] = []


def client(name: str) -> Any:
    """Return the package's client, as a handler of requests would."""
    return importlib.import_module(name).get_client()


def check(condition: bool, what: str) -> None:
    """Note what should not be."""
    if not condition:
        wrong.append(what)


async def work(db: Any, width: int = 2 * LIMIT) -> None:
    """Do what a request does: read, write, and a transaction, several at once."""

    async def one(number: int) -> None:
        await db.account.find_many(where={"balance": {"gte": 0}})
        await db.entry.create(data={"text": str(number)})
        async with db.tx() as tx:
            await tx.account.update(where={"id": 1}, data={"balance": {"increment": 0}})

    await asyncio.gather(*(one(number) for number in range(width)))


def work_sync(db: Any) -> None:
    """Do the same, one after the other."""
    db.account.find_many(where={"balance": {"gte": 0}})
    db.entry.create(data={"text": "x"})
    with db.tx() as tx:
        tx.account.update(where={"id": 1}, data={"balance": {"increment": 0}})


def load_again(name: str) -> None:
    """Load a package again as development servers do: everything of it anew."""
    for loaded in [one for one in sys.modules if one == name or one.startswith(f"{name}.")]:
        del sys.modules[loaded]
    importlib.import_module(name)


async def reloads(_argument: str) -> Count:
    """Load the package fifty times, by both of the ways there are."""
    first, kept = client("shop"), client("shop_sync")
    for number in range(50):
        for name in ("shop", "shop_sync"):
            if number % 2:
                importlib.reload(sys.modules[name])
            else:
                load_again(name)
        db = client("shop")
        check(db is first and client("shop_sync") is kept, "another client after a reload")
        check(type(db) is sys.modules["shop"].Client, "a client of the older class")
        await work(db)
        work_sync(client("shop_sync"))
    await first.disconnect()
    kept.disconnect()
    return {"reloads": 50}


def forks(_argument: str) -> Count:
    """Fork twenty children, half of them from within a program with an event loop."""
    db, plain = client("shop"), client("shop_sync")
    with asyncio.Runner() as runner:
        for number in range(20):
            runner.run(work(db))
            work_sync(plain)
            pid = os.fork()
            if pid == 0:
                _child(db, plain, number)
            _, status = os.waitpid(pid, 0)
            check(status == 0, "a child met an error")
        runner.run(work(db))
        work_sync(plain)
        runner.run(db.disconnect())
    plain.disconnect()
    return {"forks": 20}


def _child(db: Any, plain: Any, number: int) -> None:
    try:
        asyncio.run(work(db))
        work_sync(plain)
        if number % 2:
            plain.disconnect()
        gc.collect()
    except BaseException:
        traceback.print_exc()
        os._exit(1)
    # Half of them leave without a word.
    os._exit(0)


def loops(_argument: str) -> Count:
    """Handle twenty requests with an event loop each, some of which leave something running."""
    db = client("shop")

    async def handle(number: int) -> None:
        await work(db)
        if number % 3 == 0:
            asyncio.get_running_loop().create_task(db.query_raw("SELECT 1 FROM pg_sleep(60)"))
            await asyncio.sleep(0.01)

    for number in range(20):
        asyncio.run(handle(number))
    asyncio.run(db.disconnect())
    return {"loops": 20}


async def freeze(_argument: str) -> Count:
    """Work, be stopped in the middle of it and at rest, and work on."""
    db, plain = client("shop"), client("shop_sync")
    done = {"operations": 0, "expired": 0}
    stop = asyncio.Event()

    async def steadily() -> None:
        while not stop.is_set():
            await db.account.find_many()
            done["operations"] += 1

    tasks = [asyncio.create_task(steadily()) for _ in range(2 * LIMIT - 2)]
    work_sync(plain)
    manager = db.tx(timeout=timedelta(seconds=5))
    tx = await manager.start()
    await tx.account.find_first()
    print("working", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    try:
        await tx.account.find_first()
        wrong.append("a transaction outlived a minute of standing still")
    except Exception as error:
        check(getattr(error, "code", "") == "P2028", f"in a transaction: {error!r}")
        done["expired"] += 1
    await work(db)
    work_sync(plain)
    stop.set()
    for found in await asyncio.gather(*tasks, return_exceptions=True):
        check(found is None, repr(found))
    await db.disconnect()
    plain.disconnect()
    return done


async def cancellations(argument: str) -> Count:
    """Cancel thousands of operations anywhere, and transfers of money among them."""
    db, chance = client("shop"), random.Random(7)  # noqa: S311
    done = {"cancellations": 0, "finished": 0}
    kinds: list[Callable[[], Awaitable[object]]] = [
        lambda: db.account.find_many(),
        lambda: db.entry.create(data={"text": "y"}),
        lambda: db.query_raw("SELECT 1 FROM pg_sleep(0.005)"),
        lambda: db.query_raw("SELECT i FROM generate_series(1, 5000) i"),
        lambda: transfer(db, chance),
        lambda: transfer(db, chance),
        lambda: nested(db),
        lambda: too_slow(db),
    ]
    wanted = int(argument)
    while done["cancellations"] < wanted:
        tasks = [asyncio.ensure_future(chance.choice(kinds)()) for _ in range(40)]
        for task in chance.sample(tasks, 34):
            if chance.random() < 0.5:
                await asyncio.sleep(chance.random() * 0.001)
            task.cancel()
        for found in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(found, asyncio.CancelledError | TimeoutError):
                done["cancellations"] += 1
            elif isinstance(found, BaseException):
                wrong.append(repr(found))
            else:
                done["finished"] += 1
    total = await db.query_raw('SELECT sum(balance)::int AS total FROM "Account"')
    check(total == [{"total": ACCOUNTS * MONEY}], f"money: {total}")
    open_ones = "SELECT 1 FROM pg_stat_activity WHERE state LIKE 'idle in transaction%'"
    for _ in range(200):
        if not await db.query_raw(open_ones):
            break
        await asyncio.sleep(0.05)
    else:
        wrong.append("a transaction is still open")
    found = await db.health()
    check(found.pool.in_use == 0 and found.pool.waiting == 0, f"left: {found.pool}")
    await db.disconnect()
    return done


async def transfer(db: Any, chance: random.Random) -> None:
    """Move money between two accounts; cancelled anywhere, it has moved or it has not."""
    one, other = sorted(chance.sample(range(1, ACCOUNTS + 1), 2))
    async with db.tx(max_wait=timedelta(seconds=30), timeout=timedelta(seconds=30)) as tx:
        await tx.account.update(where={"id": one}, data={"balance": {"decrement": 1}})
        await tx.account.update(where={"id": other}, data={"balance": {"increment": 1}})


async def too_slow(db: Any) -> None:
    """Give up what takes long."""
    await asyncio.wait_for(db.query_raw("SELECT 1 FROM pg_sleep(1)"), 0.001)


async def nested(db: Any) -> None:
    """Undo what was done inside."""
    async with db.tx(max_wait=timedelta(seconds=30), timeout=timedelta(seconds=30)) as tx:
        await tx.entry.create(data={"text": "outer"})
        try:
            async with tx.tx() as inner:
                await inner.account.update(where={"id": 1}, data={"balance": {"increment": 5}})
                raise ZeroDivisionError
        except ZeroDivisionError:
            await tx.entry.create(data={"text": "after"})


SCENARIOS: dict[str, Callable[[str], Any]] = {
    one.__name__: one for one in (reloads, forks, loops, freeze, cancellations)
}


def main() -> None:
    """Run a scenario, and print what came of it."""
    scenario, folder, _url, argument = sys.argv[1:]
    sys.path.insert(0, folder)
    warnings.simplefilter("error")
    # Python's own warning of forks beside threads is about what this is here to show.
    warnings.filterwarnings("ignore", message=".*use of fork.*", category=DeprecationWarning)
    sys.unraisablehook = lambda what: wrong.append(f"unraisable: {what.exc_value!r}")
    # Where the machine is busy a transaction waits for its turn, and is warned of.
    logging.getLogger("forebay.client").setLevel(logging.ERROR)
    os.environ["DATABASE_URL"] = _url
    function = SCENARIOS[scenario]
    done: Count = {}
    try:
        is_async = asyncio.iscoroutinefunction(function)
        done = asyncio.run(function(argument)) if is_async else function(argument)
        gc.collect()
    except BaseException:
        wrong.append(traceback.format_exc())
    print(json.dumps({"done": done, "wrong": wrong[:20], "errors": len(wrong)}), flush=True)


if __name__ == "__main__":
    main()
