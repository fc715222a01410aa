"""Holds thousands of sessions open in a process of its own, away from the pooler being measured.

Talks in lines: ``connected N SECONDS`` once all have logged in and had an answer; each ``ask`` on
stdin has every client send a query at once and prints ``answered N SECONDS``; the end of stdin
closes all. Every client asks for its own number and checks it: an answer that went to somebody else
is a failure, not an answer.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time

from bench.processes import raise_descriptor_limit
from bench.wire import Client, ConnectionLost, Endpoint

# Fewer than PgBouncer's listen_backlog of 128: beyond it the kernel drops connects and a retry
# after a second would be measured instead of the pooler.
CONNECTING_AT_ONCE = 100


class WrongAnswer(Exception):
    """A client received something other than what it asked for."""


async def _ask(client: Client, number: int) -> None:
    answer = await client.query(f"select {number}")
    if answer.failure is not None:
        raise WrongAnswer(f"client {number}: {answer.failure.sqlstate} {answer.failure.message}")
    if answer.rows != [(str(number),)]:
        raise WrongAnswer(f"client {number} received {answer.rows}")


async def _connect(endpoint: Endpoint, number: int, gate: asyncio.Semaphore) -> Client:
    async with gate:
        client = await Client.connect(endpoint)
        await _ask(client, number)
        return client


async def _read_commands(commands: asyncio.Queue[str]) -> None:
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        await commands.put(line.strip())
    await commands.put("")


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


async def hold(endpoint: Endpoint, count: int) -> None:
    """Open ``count`` sessions and serve commands until stdin ends."""
    gate = asyncio.Semaphore(CONNECTING_AT_ONCE)
    started = time.monotonic()
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(_connect(endpoint, n, gate)) for n in range(count)]
    clients = [task.result() for task in tasks]
    del tasks
    _say(f"connected {len(clients)} {time.monotonic() - started:.3f}")

    commands: asyncio.Queue[str] = asyncio.Queue()
    reading = asyncio.create_task(_read_commands(commands))
    while await commands.get() == "ask":
        started = time.monotonic()
        async with asyncio.TaskGroup() as group:
            for number, client in enumerate(clients):
                group.create_task(_ask(client, number))
        _say(f"answered {len(clients)} {time.monotonic() - started:.3f}")
    await reading
    for client in clients:
        client.abandon()


def main() -> int:
    """Parse the arguments and hold the sessions."""
    parser = argparse.ArgumentParser(description="holds sessions open")
    parser.add_argument("port", type=int)
    parser.add_argument("user")
    parser.add_argument("database")
    parser.add_argument("count", type=int)
    given = parser.parse_args()
    raise_descriptor_limit()
    endpoint = Endpoint("127.0.0.1", given.port, given.user, given.database)
    try:
        asyncio.run(hold(endpoint, given.count))
    except ExceptionGroup as failures:
        # Anything but these two is a fault of this program and keeps its traceback.
        expected, unexpected = failures.split((WrongAnswer, ConnectionLost))
        if expected is None or unexpected is not None:
            raise
        first = expected.exceptions[0]
        sys.stderr.write(f"{len(expected.exceptions)} failed; the first: {first}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
