"""One library in a process of its own: does the operations it is told, and says what they cost.

Reads a line of JSON for each round, `{"operation": …, "seconds": …}`, and answers with a line.
"""

from __future__ import annotations

import asyncio
import gc
import importlib
import json
import sys
import time
from typing import Any, TypeAlias

from bench.client.workload import CONCURRENT, Operation

Answer: TypeAlias = dict[str, Any]

# The module of each library, and the function that starts it there.
CONTENDERS = {
    "forebay": ("forebay", "start_async"),
    "asyncpg + pydantic": ("with_asyncpg", "start_async"),
    "psycopg + pydantic": ("with_psycopg", "start_async"),
    "SQLAlchemy": ("with_sqlalchemy", "start_async"),
    "Tortoise": ("with_tortoise", "start_async"),
    "forebay sync": ("forebay", "start_sync"),
    "Django sync": ("with_django", "start_sync"),
}


def _answer(count: int, cpu: float, wall: float) -> Answer:
    return {"count": count, "cpu": cpu, "wall": wall}


async def _round(operation: Operation, seconds: float, most: int) -> Answer:
    count = 0

    async def client(until: float) -> None:
        nonlocal count
        while time.perf_counter() < until:
            await operation()
            count += 1

    gc.collect()
    began, cpu = time.perf_counter(), time.process_time()
    await asyncio.gather(*(client(began + seconds) for _ in range(most)))
    return _answer(count, time.process_time() - cpu, time.perf_counter() - began)


def _sync_round(operation: Operation, seconds: float) -> Answer:
    count = 0
    gc.collect()
    began, cpu = time.perf_counter(), time.process_time()
    while time.perf_counter() < began + seconds:
        operation()
        count += 1
    return _answer(count, time.process_time() - cpu, time.perf_counter() - began)


def _orders() -> Any:
    for line in sys.stdin:
        yield json.loads(line)


def _say(answer: Answer) -> None:
    print(json.dumps(answer), flush=True)


async def _work_async(start: Any, url: str) -> None:
    operations = await start(url)
    _say({"ready": True})
    for order in _orders():
        operation = operations[order["operation"]]
        _say(await _round(operation, order["seconds"], order.get("concurrent", CONCURRENT)))


def _work_sync(start: Any, url: str) -> None:
    operations = start(url)
    _say({"ready": True})
    for order in _orders():
        _say(_sync_round(operations[order["operation"]], order["seconds"]))


def main() -> None:
    """Run the library that the command line names."""
    name, url = sys.argv[1:]
    module, function = CONTENDERS[name]
    start = getattr(importlib.import_module(f"bench.client.contenders.{module}"), function)
    if function == "start_async":
        asyncio.run(_work_async(start, url))
    else:
        _work_sync(start, url)


if __name__ == "__main__":
    main()
