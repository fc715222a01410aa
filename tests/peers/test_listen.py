"""LISTEN and NOTIFY by psycopg, asyncpg and node-postgres, as an application uses them."""

import asyncio
import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import asyncpg  # type: ignore[import-untyped]
import psycopg

from tests.support.comparison import Compare, Transcript
from tests.support.door import Door
from tests.support.gateway import StartGateway

Change = Callable[[], None]
NODE = Path(__file__).with_name("node")


def test_psycopg(compare: Compare) -> None:
    def script(door: Door, change: Change) -> Transcript:
        seen: Transcript = []
        listener, other = door.connect(), door.connect()
        listener.execute("listen news")
        change()
        other.execute("notify news, 'one'")
        change()
        other.execute("select pg_notify('news', 'two')")
        heard = listener.notifies(timeout=120, stop_after=2)
        seen += [(notify.channel, notify.payload) for notify in heard]
        change()
        seen.append(listener.execute("select 'goes on'").fetchone())
        with listener.transaction():
            listener.execute("listen weather")
            listener.execute("unlisten news")
        change()
        other.execute("notify news, 'in vain'")
        other.execute("notify weather, 'rain'")
        heard = listener.notifies(timeout=120, stop_after=1)
        seen += [(notify.channel, notify.payload) for notify in heard]
        return seen

    assert ("weather", "rain") in compare(script)


def test_psycopg_hears_while_it_works(compare: Compare) -> None:
    async def talk(door: Door, change: Change) -> Transcript:
        seen: list[tuple[str, str]] = []
        has_all = asyncio.Event()

        def hear(notify: psycopg.Notify) -> None:
            seen.append((notify.channel, notify.payload))
            if notify.payload == "last":
                has_all.set()

        listener = await psycopg.AsyncConnection.connect(
            door.url(), autocommit=True, sslmode="disable"
        )
        listener.add_notify_handler(hear)
        async with listener:
            await listener.execute("listen work")
            for number in range(10):
                change()
                async with listener.transaction():
                    await listener.execute("select pg_notify('work', %s)", (str(number),))
            await listener.execute("notify work, 'last'")
            while not has_all.is_set():
                change()
                await listener.execute("select 1")
        return list(seen)

    seen = compare(lambda door, change: asyncio.run(talk(door, change)))
    assert seen == [("work", str(number)) for number in range(10)] + [("work", "last")]


def test_asyncpg(compare: Compare) -> None:
    async def talk(door: Door, change: Change) -> Transcript:
        heard: asyncio.Queue[tuple[str, str]] = asyncio.Queue()

        def hear(_: Any, __: int, channel: str, payload: str) -> None:
            heard.put_nowait((channel, payload))

        seen: Transcript = []
        listener = await asyncpg.connect(door.url(), ssl=False)
        other = await asyncpg.connect(door.url(), ssl=False)
        try:
            await listener.add_listener("news", hear)
            await listener.add_listener("Weather report", hear)
            change()
            await other.execute("select pg_notify('Weather report', $1)", "sun")
            change()
            await other.execute("notify news, 'one'")
            seen += [await heard.get(), await heard.get()]
            change()
            await listener.remove_listener("news", hear)
            change()
            await other.execute("notify news, 'in vain'")
            await other.execute("select pg_notify('Weather report', $1)", "rain")
            seen.append(await heard.get())
            change()
            await listener.reset()
            await listener.add_listener("afterwards", hear)
            change()
            await other.execute("notify \"Weather report\", 'in vain'")
            await other.execute("notify afterwards, 'two'")
            seen.append(await heard.get())
        finally:
            await listener.close()
            await other.close()
        return seen

    seen = compare(lambda door, change: asyncio.run(asyncio.wait_for(talk(door, change), 30)))
    assert seen == [
        ("Weather report", "sun"),
        ("news", "one"),
        ("Weather report", "rain"),
        ("afterwards", "two"),
    ]


def test_asyncpg_reconnects_when_the_listener_is_lost(start_gateway: StartGateway) -> None:
    gateway = start_gateway()

    async def talk() -> str:
        lost = asyncio.Event()
        listener = await asyncpg.connect(gateway.url(), ssl=False)
        listener.add_termination_listener(lambda _: lost.set())
        await listener.add_listener("news", lambda *_: None)
        other = await asyncpg.connect(gateway.url(), ssl=False)
        await other.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity "
            "where application_name = 'forebay listener'"
        )
        await asyncio.wait_for(lost.wait(), 20)
        assert listener.is_closed()
        answer: str = await other.fetchval("select 'others go on'")
        await other.close()
        return answer

    assert asyncio.run(talk()) == "others go on"


def test_node_postgres(compare: Compare) -> None:
    assert (NODE / "node_modules" / "pg").is_dir(), f"run npm ci in {NODE}, or make test"

    def script(door: Door, change: Change) -> Transcript:
        change()
        done = subprocess.run(
            ["node", "listen.js", door.url()],  # noqa: S607  node is where the machine has it
            cwd=NODE,
            capture_output=True,
            text=True,
            timeout=120,
            check=True,
        )
        seen: Transcript = json.loads(done.stdout)
        return seen

    assert {"channel": "news", "payload": "2"} in compare(script)
