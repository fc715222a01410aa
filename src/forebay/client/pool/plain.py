"""Connections of psycopg's own, for pools that have no better ones."""

from __future__ import annotations

import time
from typing import Any

import psycopg
from psycopg.pq import TransactionStatus

from forebay.client.carry import failure
from forebay.client.url import Target
from forebay.engine.failures import DatabaseFailure
from forebay.engine.run import Work
from forebay.engine.statement import Bound, Result


class _Plain:
    def __init__(self, inner: Any) -> None:
        self.inner = inner
        self.opened_at = self.used_at = time.time()
        self.is_pooled = False

    @property
    def is_idle(self) -> bool:
        return bool(self.inner.info.transaction_status == TransactionStatus.IDLE)

    @property
    def in_transaction(self) -> bool:
        return self.inner.info.transaction_status in (
            TransactionStatus.INTRANS,
            TransactionStatus.INERROR,
        )

    @property
    def is_broken(self) -> bool:
        return bool(self.inner.info.transaction_status == TransactionStatus.UNKNOWN)

    @property
    def socket(self) -> int:
        return int(self.inner.pgconn.socket)

    def is_alive(self) -> bool:
        try:
            self.inner.pgconn.consume_input()
        except psycopg.Error:
            return False
        return not self.is_broken

    def close(self) -> None:
        self.inner.pgconn.finish()


class PlainAsync(_Plain):
    """For asyncio."""

    @classmethod
    async def open(cls, target: Target, *, timeout: float | None) -> PlainAsync:
        inner = await psycopg.AsyncConnection.connect(target.conninfo(), autocommit=True)
        await inner.execute("set time zone 'UTC'")
        return cls(inner)

    async def run(self, statements: list[Bound]) -> list[Result]:
        results = []
        try:
            for sql, parameters in statements:
                cursor = psycopg.AsyncRawCursor(self.inner)
                await cursor.execute(sql.encode(), parameters)
                rows = await cursor.fetchall() if cursor.description else []
                results.append(Result(rows, cursor.rowcount, _columns(cursor)))
        except psycopg.Error as error:
            raise failure(error) from None
        return results

    async def carry(self, work: Work) -> Any:
        try:
            bound = next(work)
            while True:
                try:
                    results = await self.run(bound)
                except DatabaseFailure as error:
                    bound = work.throw(error)
                else:
                    bound = work.send(results)
        except StopIteration as stop:
            return stop.value

    async def cancel(self) -> None:
        await self.inner.cancel_safe(timeout=5)

    async def drain(self) -> None:
        """psycopg has drained it before it passed the cancellation on."""


class PlainSync(_Plain):
    """For threads."""

    @classmethod
    def open(cls, target: Target, *, timeout: float | None) -> PlainSync:
        inner = psycopg.connect(target.conninfo(), autocommit=True)
        inner.execute("set time zone 'UTC'")
        return cls(inner)

    def run(self, statements: list[Bound]) -> list[Result]:
        results = []
        try:
            for sql, parameters in statements:
                cursor = psycopg.RawCursor(self.inner)
                cursor.execute(sql.encode(), parameters)
                rows = cursor.fetchall() if cursor.description else []
                results.append(Result(rows, cursor.rowcount, _columns(cursor)))
        except psycopg.Error as error:
            raise failure(error) from None
        return results

    def carry(self, work: Work) -> Any:
        try:
            bound = next(work)
            while True:
                try:
                    results = self.run(bound)
                except DatabaseFailure as error:
                    bound = work.throw(error)
                else:
                    bound = work.send(results)
        except StopIteration as stop:
            return stop.value

    def cancel(self) -> None:
        self.inner.cancel_safe(timeout=5)

    def drain(self) -> None:
        """psycopg has drained it before it passed the interruption on."""


def _columns(cursor: Any) -> list[tuple[str, int]]:
    return [(column.name, column.type_code) for column in cursor.description or ()]
