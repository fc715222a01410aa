"""Garbage at a live listener for a minute, with well-behaved clients beside it.

They see no error, nothing panics, and once the attackers have left the process holds no descriptor
and no client more than before, and hardly more memory.
"""

from __future__ import annotations

import asyncio
import os
import random
import time
from collections import Counter
from dataclasses import dataclass, field

from bench.database import throw_away_database
from bench.errors import BenchError
from bench.pooler.contestants import POOL_SIZE, Running
from bench.processes import wait_until
from bench.prove.attacks import ATTACKS
from bench.prove.registry import Context, Finding, proof
from bench.resources import descriptor_count, memory
from bench.wire import Client, ConnectionLost, Endpoint, extended_messages, query_message

ATTACKERS = 16
CITIZENS = 24
GROWTH_LIMIT_MB = 8.0
PAUSE_SECONDS = 0.01


@dataclass
class Scene:
    """What went on, as seen from both sides."""

    answers: int = 0
    troubles: list[str] = field(default_factory=list)
    attacks: Counter[str] = field(default_factory=Counter)
    descriptors_before: int = 0
    descriptors_after: int = 0
    resident_early: int = 0
    resident_late: int = 0


async def _attack(endpoint: Endpoint, chance: random.Random, scene: Scene) -> None:
    attack = chance.choice(ATTACKS)
    scene.attacks[attack.__name__] += 1
    try:
        reader, writer = await asyncio.open_connection(endpoint.host, endpoint.port)
    except OSError:
        return  # refused: the well-behaved clients would notice a listener that is gone
    try:
        for piece in attack(endpoint, chance):
            writer.write(piece)
            await asyncio.wait_for(writer.drain(), 1)
            await asyncio.sleep(PAUSE_SECONDS)
        if chance.random() < 0.5:
            writer.write_eof()
        await asyncio.wait_for(reader.read(65536), chance.choice((0.01, 0.1, 0.5)))
    except (OSError, TimeoutError):
        return  # being thrown out is what an attacker has to expect
    finally:
        writer.transport.abort()


async def _attacker(endpoint: Endpoint, number: int, scene: Scene, deadline: float) -> None:
    chance = random.Random(number)  # noqa: S311 (repeatable attacks, no secret)
    while time.monotonic() < deadline:
        await _attack(endpoint, chance, scene)


async def _citizen(client: Client, number: int, scene: Scene, deadline: float) -> None:
    asked = 0
    while time.monotonic() < deadline:
        asked += 1
        marker = f"{number}:{asked}"
        sql = f"select '{marker}'"
        request = query_message(sql) if asked % 2 else extended_messages(sql)
        try:
            answer = await client.exchange(request)
        except ConnectionLost as error:
            scene.troubles.append(f"client {number}: {error}")
            return
        if answer.failure is not None:
            scene.troubles.append(f"{answer.failure.sqlstate} {answer.failure.message}")
        elif answer.rows != [(marker,)]:
            scene.troubles.append(
                f"asked for {marker}, received {answer.rows} (messages {answer.kinds})"
            )
        scene.answers += 1
        await asyncio.sleep(0.002)


async def _watch(running: Running, scene: Scene, started: float, seconds: float) -> None:
    # The first third fills pools and the allocator's reserves; only growth after it is a leak.
    await asyncio.sleep(max(0.0, started + seconds / 3 - time.monotonic()))
    scene.resident_early = memory(running.pid).resident
    await asyncio.sleep(max(0.0, started + seconds - time.monotonic()))


async def scene_of(running: Running, seconds: float) -> Scene:
    """Let citizens and attackers loose together."""
    scene = Scene()
    endpoint = running.endpoint
    citizens = [await Client.connect(endpoint) for _ in range(CITIZENS)]
    # All of the pool's servers are open before descriptors are counted.
    await asyncio.gather(*(client.query("select pg_sleep(0.2)") for client in citizens))
    scene.descriptors_before = descriptor_count(running.pid)
    started = time.monotonic()
    deadline = started + seconds
    async with asyncio.TaskGroup() as group:
        for number, client in enumerate(citizens):
            # A little longer than the attackers: damage done by the last of them shows as well.
            group.create_task(_citizen(client, number, scene, deadline + 2))
        for number in range(ATTACKERS):
            group.create_task(_attacker(endpoint, number, scene, deadline))
        group.create_task(_watch(running, scene, started, seconds))
    await _leave(running, scene, citizens)
    return scene


async def _leave(running: Running, scene: Scene, citizens: list[Client]) -> None:
    def is_back() -> bool:
        return descriptor_count(running.pid) <= scene.descriptors_before

    try:
        await asyncio.to_thread(wait_until, is_back, 20, "descriptors to be given back")
    except BenchError:
        pass  # the count is reported, and judged, in the finding
    scene.resident_late = memory(running.pid).resident
    scene.descriptors_after = descriptor_count(running.pid)
    for client in citizens:
        await client.close()


def _findings(scene: Scene, running: Running, where: str) -> list[Finding]:
    before, after = scene.descriptors_before, scene.descriptors_after
    growth = (scene.resident_late - scene.resident_early) / 1e6
    first = f"; the first: {scene.troubles[0]}" if scene.troubles else ""
    attacks = f"{scene.attacks.total():,} attacks of {len(ATTACKS)} kinds"
    findings = [
        Finding(
            f"{where}: {CITIZENS} well-behaved clients beside {attacks}: errors",
            "0",
            f"{len(scene.troubles)} of {scene.answers:,} answers{first}",
            not scene.troubles,
            {"troubles": scene.troubles[:20], "attacks": dict(scene.attacks)},
        ),
        Finding(
            f"{where}: descriptors before and after",
            "no more",
            f"{before} and {after}",
            after <= before,
        ),
        Finding(
            f"{where}: memory grown after the first third",
            f"<= {GROWTH_LIMIT_MB:g} MB",
            f"{growth:+.1f} MB of {scene.resident_late / 1e6:.1f}",
            growth <= GROWTH_LIMIT_MB,
        ),
    ]
    return findings + _internal(running, where)


def _internal(running: Running, where: str) -> list[Finding]:
    if not running.child.is_running():
        return [Finding(f"{where}: the process", "lives", "ended", False)]
    statistics = running.statistics()
    if not statistics:
        return []  # PgBouncer, tried out with this proof, counts no panics
    panics = statistics.get("panics")
    left = _clients_left(running)
    return [
        Finding(f"{where}: panics", "0", str(panics), panics == 0),
        Finding(f"{where}: clients it still believes in", "0", str(left), left == 0),
    ]


def _clients_left(running: Running) -> object:
    deadline = time.monotonic() + 10
    while (left := running.statistics().get("clients")) != 0 and time.monotonic() < deadline:
        time.sleep(0.1)
    return left


def _prove(context: Context, workers: int) -> list[Finding]:
    where = f"pool {POOL_SIZE}, {workers} worker" + "s" * (workers > 1)
    context.say(f"{where}, {context.seconds} s of garbage")
    with (
        throw_away_database() as database,
        context.contestant(workers).start(database, "tcp") as running,
    ):
        scene = asyncio.run(scene_of(running, context.seconds))
        return _findings(scene, running, where)


@proof("garbage", "a minute of garbage harms nobody", minutes=1.3)
def one_worker(context: Context) -> list[Finding]:
    """Attack one worker."""
    return _prove(context, 1)


@proof("garbage-workers", "the same with several workers", minutes=1.3)
def several_workers(context: Context) -> list[Finding]:
    """Attack workers that share their pools."""
    return _prove(context, max(2, os.cpu_count() or 1))
