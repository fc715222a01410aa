"""What clients do besides: blocks, functions, COPY, cancels, chains; and their lives, in a process.

Each client compares what it is answered with `isolation_model` of its own session. What a function
does to the session inside itself is not among it: that is what no pooler sees.
"""

from __future__ import annotations

import asyncio
import random
import sys
import time
from pathlib import Path
from typing import Final

from bench.prove.isolation_clients import DIVISION_BY_ZERO, FAILURE, Journal, Resident, Step
from bench.prove.isolation_model import TENANT, ZONE
from bench.wire import (
    QUERY_CANCELLED,
    Endpoint,
    bind_messages,
    copy_messages,
    extended_messages,
    query_message,
    send_cancel,
)

SETTER_NAME: Final = "setter"
RAISED: Final = "P0001"
NO_INTEGER: Final = "22P02"
LONG: Final = 20_000  # bytes of a comment: more than a pooler would wait for
CANCEL_CHANCE: Final = 0.1
CANCEL_PATIENCE: Final = 3.0  # seconds until another cancel, where the first came too early

# What the deeds below need, beside the schemas of the clients.
SCHEMA: Final = """
create table public.filled (number integer);
grant insert on public.filled to public;
create function public.changes_locally(name text, value text) returns text
  language plpgsql as 'begin return set_config(name, value, true); end';
create function public.changes_inside() returns text
  language plpgsql set app.tenant = 'nobody' set TimeZone = 'Asia/Tokyo'
  as 'begin perform set_config(''app.tenant'', ''somebody'', true); return 1; end';
"""


class Roamer(Resident):
    """A client that does more to its session than SET."""

    def _choices(self) -> list[Step]:
        choices = super()._choices()
        if self.model.is_aborted:
            return [*choices, self._chain]
        choices += [self._block_sets, self._block_undoes, self._block_fails]
        choices += [self._function_locally, self._function_inside, self._named_set]
        choices += [self._copy_works, self._copy_fails, self._long_set]
        choices += [self._cancelled] if self.chance.random() < CANCEL_CHANCE else []
        if self.model.depth:
            return [*choices, self._cursor_sets, self._chain]
        return [*choices, self._block_commits, self._two_pipelines]

    def _setting(self, name: str, value: str) -> str:
        """Write what sets a value within a block."""
        if self.chance.random() < 0.5:
            return f"perform set_config('{name}', '{value}', false)"
        return self._set_text(name, value).replace("select set_config", "perform set_config")

    def _block(self, body: str) -> str:
        word = self.chance.choice(["do", "DO LANGUAGE plpgsql", "do /* a block */"])
        return f"{word} $$ begin {body}; end $$"

    async def _block_sets(self) -> None:
        name, value = self._choose()
        await self._run(self._block(self._setting(name, value)))
        self.model.set(name, value)

    async def _block_undoes(self) -> None:
        inner = f"{self._setting(*self._choose())}; raise exception 'undone'"
        caught = f"begin {inner}; exception when others then null; end"
        await self._run(self._block(caught))

    async def _block_fails(self) -> None:
        body = f"{self._setting(*self._choose())}; raise exception 'undone'"
        await self._run(self._block(body), RAISED)
        self.model.fail()

    async def _block_commits(self) -> None:
        (name, value), lost = self._choose(), self._choose()
        body = f"{self._setting(name, value)}; commit; {self._setting(*lost)}; perform 1 / 0"
        await self._exchange(query_message(self._block(body)), DIVISION_BY_ZERO)
        self.model.set(name, value)

    async def _function_locally(self) -> None:
        name = self.chance.choice([TENANT, ZONE])
        value = self._value(name)
        await self._run(f"select public.changes_locally('{name}', '{value}')")
        self.model.set(name, value, is_local=True)

    async def _function_inside(self) -> None:
        await self._run("select public.changes_inside()")

    async def _named_set(self) -> None:
        name, value = self._choose()
        sql = "select set_config($1, $2, false)"
        is_parsed = self.has_setter
        await self._exchange(bind_messages(sql, [name, value], SETTER_NAME, is_parsed=is_parsed))
        self.has_setter = True
        self.model.set(name, value)

    async def _cursor_sets(self) -> None:
        name, value = self._choose()
        texts = [f"declare c cursor for select set_config('{name}', '{value}', false)"]
        texts += ["fetch c", "close c"]
        for text in texts:
            await self._run(text)
        self.model.set(name, value)

    async def _chain(self) -> None:
        if self.chance.random() < 0.5:
            await self._run("commit and chain")
            self.model.commit()
        else:
            await self._run("rollback and chain")
            self.model.rollback()
        self.model.begin()

    async def _copy_works(self) -> None:
        name, value = self._choose()
        request = query_message(f"{self._set_text(name, value)}; copy public.filled from stdin")
        await self._exchange(request + copy_messages("1\n2\n"))
        self.model.set(name, value)

    async def _copy_fails(self) -> None:
        request = query_message(f"{self._set_text(*self._choose())}; copy public.filled from stdin")
        if self.chance.random() < 0.5:
            await self._exchange(request + copy_messages("1\nnone\n"), NO_INTEGER)
        else:
            await self._exchange(request + copy_messages("1\n", "changed my mind"), QUERY_CANCELLED)
        self.model.fail()

    async def _long_set(self) -> None:
        name, value = self._choose()
        comment = f"/* {'x' * LONG} */ " if self.chance.random() < 0.5 else f"-- {'x' * LONG}\n"
        await self._run(f"{comment}{self._set_text(name, value)}")
        self.model.set(name, value)

    async def _two_pipelines(self) -> None:
        lost, (name, value) = self._choose(), self._choose()
        first = extended_messages(self._set_text(*lost), syncs=False) + extended_messages(FAILURE)
        second = extended_messages(self._set_text(name, value))
        await self._exchange(first + second, DIVISION_BY_ZERO)
        await self._exchange(b"")
        self.model.set(name, value)

    async def _cancelled(self) -> None:
        # A time limit of its own would end it with the same words.
        request = query_message(f"{self._set_text(*self._choose())}; select pg_sleep(60)")
        asked = asyncio.ensure_future(self._exchange(request, QUERY_CANCELLED))
        try:
            while not asked.done():
                await asyncio.wait([asked], timeout=self.chance.random() / 20)
                if not asked.done():
                    await send_cancel(self.endpoint, self._talking.cancel_key)
                await asyncio.wait([asked], timeout=CANCEL_PATIENCE)
        finally:
            asked.cancel()
        await asked
        self.model.fail()


async def live(
    endpoint: Endpoint,
    numbers: range,
    seed: str,
    journal: Journal,
    seconds: float,
    *,
    are_cut: bool,
) -> None:
    """Have so many clients live for so long."""
    deadline = time.monotonic() + seconds
    async with asyncio.TaskGroup() as group:
        for number in numbers:
            chance = random.Random(f"{seed}/{number}")  # noqa: S311 (repeatable, no secret)
            resident = Roamer(endpoint, number, chance, journal, deadline, are_cut)
            group.create_task(resident.live())


def main(arguments: list[str]) -> int:
    """Run as ``HOST PORT USER DATABASE JOURNAL SEED SECONDS FIRST COUNT CUT``."""
    host, port, user, database, journal, seed, seconds, first, count, cut = arguments
    endpoint = Endpoint(host, int(port), user, database)
    numbers = range(int(first), int(first) + int(count))
    are_cut = cut == "cut"
    notes = Journal(Path(journal))
    asyncio.run(live(endpoint, numbers, seed, notes, float(seconds), are_cut=are_cut))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
