"""The exchange of statements and results on one connection, over libpq; nothing here waits.

`send` hands statements to libpq, `receive` takes what has come, until the results are whole. One
statement that is prepared already goes by itself; any other list goes through a pipeline with one
Sync, so that it is one round trip and, where nobody began a transaction, one transaction.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import psycopg
from psycopg import pq
from psycopg.pq.abc import PGconn, PGresult

from forebay.client.connection.failure import (
    NOT_SUPPORTED,
    ConnectionLost,
    failure_of,
    unreadable,
    unwritable,
)
from forebay.client.connection.loaders import transformer
from forebay.client.connection.statements import Prepared, Statements
from forebay.client.nesting import too_deep
from forebay.engine.failures import UNREADABLE, DatabaseFailure
from forebay.engine.statement import Bound, Result, Row

# Plain numbers: they are compared for every result.
_TUPLES_OK = int(pq.ExecStatus.TUPLES_OK)
_DONE = (int(pq.ExecStatus.COMMAND_OK), int(pq.ExecStatus.EMPTY_QUERY))
_PARTS = (int(pq.ExecStatus.SINGLE_TUPLE), int(pq.ExecStatus.TUPLES_CHUNK))
_SYNC = int(pq.ExecStatus.PIPELINE_SYNC)
_ABORTED = int(pq.ExecStatus.PIPELINE_ABORTED)
_FATAL = (int(pq.ExecStatus.FATAL_ERROR), int(pq.ExecStatus.BAD_RESPONSE))
_IDLE = int(pq.TransactionStatus.IDLE)
_TEXT, _BINARY = pq.Format.TEXT, pq.Format.BINARY

_NO_ROWS: list[Row] = []


class Exchange:
    """The statements and results of one connection."""

    __slots__ = (
        "_bound",
        "_failure",
        "_is_pipeline",
        "_place",
        "_prepared",
        "_results",
        "_steps",
        "began_idle",
        "is_busy",
        "parts",
        "pgconn",
        "statements",
    )

    def __init__(self, pgconn: PGconn, statements: Statements) -> None:
        self.pgconn = pgconn
        self.statements = statements
        # Whether results are owed; a connection whose exchange was given up stays busy until they
        # have come.
        self.is_busy = False
        self.began_idle = True
        # Rows that came before their result was whole, of a statement that is streamed.
        self.parts: list[list[Row]] = []
        self._bound: Bound | None = None
        self._prepared: Prepared | None = None
        self._is_pipeline = False
        # In a pipeline: whose result is the next. None is one of our own.
        self._steps: list[tuple[Bound | None, Prepared | None]] = []
        self._place = 0
        self._results: list[Result] = []
        self._failure: DatabaseFailure | None = None

    # Sending

    def send(self, statements: Sequence[Bound]) -> bool:
        """Send statements; say whether all has gone, or `flush` must send the rest.

        Raises:
            ConnectionLost: the connection has ended.
        """
        if self.is_busy:
            raise ConnectionLost("it is still answering what it was asked before")
        pgconn = self.pgconn
        self._results = []
        self._failure = None
        try:
            self.began_idle = pgconn.transaction_status == _IDLE
            if len(statements) == 1:
                bound = statements[0]
                prepared = self.statements.kept.get(bound[0])
                if prepared is not None:
                    values = [None if one is None else one.encode() for one in bound[1]]
                    form = _TEXT if bound[2] else _BINARY
                    prepared.is_used = True
                    self._bound, self._prepared = bound, prepared
                    self._is_pipeline = False
                    self.is_busy = True
                    pgconn.send_query_prepared(prepared.name, values, None, form)
                    return not pgconn.flush()
            self._send_pipeline(statements)
            return not pgconn.flush()
        except psycopg.OperationalError as error:
            raise ConnectionLost(str(error)) from None
        except UnicodeEncodeError as error:
            raise unwritable(error) from None

    def _send_pipeline(self, statements: Sequence[Bound]) -> None:
        pgconn = self.pgconn
        # Nothing is begun before all of it can be sent.
        encoded = [(bound, _encoded(bound)) for bound in statements]
        self._steps = []
        self._place = 0
        self.is_busy = self._is_pipeline = True
        pgconn.enter_pipeline_mode()
        for bound, values in encoded:
            form = _TEXT if bound.is_raw else _BINARY
            prepared = self.statements.kept.get(bound.sql)
            if prepared is None:
                prepared = self._prepare(bound.sql)
            if prepared is None:
                pgconn.send_query_params(bound.sql.encode(), values, None, None, form)
            else:
                prepared.is_used = True
                pgconn.send_query_prepared(prepared.name, values, None, form)
            self._steps.append((bound, prepared))
        pgconn.pipeline_sync()

    def _prepare(self, sql: str) -> Prepared | None:
        """Prepare a statement in this pipeline; None where it goes without a name."""
        prepared, closed = self.statements.add(sql)
        for name in closed:
            self.statements.send_close(self.pgconn, name)
            self._steps.append((None, None))
        if prepared is not None:
            self.pgconn.send_prepare(prepared.name, sql.encode())
            self._steps.append((None, prepared))
        return prepared

    def send_streamed(self, bound: Bound, size: int) -> bool:
        """Send a statement whose rows come in ``parts`` of a size; say whether all has gone."""
        if self.is_busy:
            raise ConnectionLost("it is still answering what it was asked before")
        pgconn = self.pgconn
        self._results, self._failure, self.parts = [], None, []
        self._bound, self._prepared, self._is_pipeline = bound, None, False
        try:
            self.began_idle = pgconn.transaction_status == _IDLE
            form = _TEXT if bound.is_raw else _BINARY
            values = _encoded(bound)
            self.is_busy = True
            pgconn.send_query_params(bound.sql.encode(), values, None, None, form)
            if pq.version() >= 170000:
                pgconn.set_chunked_rows_mode(size)
            else:
                pgconn.set_single_row_mode()
            return not pgconn.flush()
        except psycopg.OperationalError as error:
            raise ConnectionLost(str(error)) from None
        except UnicodeEncodeError as error:
            raise unwritable(error) from None

    def flush(self) -> bool:
        """Send on; say whether all has gone.

        Raises:
            ConnectionLost: the connection has ended.
        """
        try:
            return not self.pgconn.flush()
        except psycopg.OperationalError as error:
            raise ConnectionLost(str(error)) from None

    # Receiving

    def receive(self) -> list[Result] | None:
        """Take what has come; return the results once they are whole, and None before.

        Raises:
            DatabaseFailure: a statement failed; the connection can go on.
            ConnectionLost: the connection has ended.
        """
        pgconn = self.pgconn
        try:
            pgconn.consume_input()
            if self._is_pipeline:
                return self._receive_pipeline()
            while not pgconn.is_busy():
                result = pgconn.get_result()
                if result is None:
                    return self._finish()
                self._take(result, self._bound, self._prepared)
        except psycopg.OperationalError as error:
            raise ConnectionLost(str(error)) from None
        return None

    def _receive_pipeline(self) -> list[Result] | None:
        pgconn = self.pgconn
        while not pgconn.is_busy():
            result = pgconn.get_result()
            if result is None:
                self._place += 1
            elif result.status == _SYNC:
                pgconn.exit_pipeline_mode()
                return self._finish()
            else:
                # What failed for a lost connection is answered without end.
                place = min(self._place, len(self._steps) - 1)
                self._take(result, *self._steps[place])
                if isinstance(self._failure, ConnectionLost):
                    raise self._failure
        return None

    def _finish(self) -> list[Result]:
        self.is_busy = False
        if self._failure is not None:
            self.statements.failed(self._failure)
            raise self._failure
        return self._results

    def _take(self, result: PGresult, bound: Bound | None, prepared: Prepared | None) -> None:
        """Take one result."""
        status = result.status
        if status == _TUPLES_OK:
            self._results.append(self._read(result, bound, prepared))
        elif status in _DONE:
            if bound is None:
                if prepared is not None:
                    prepared.is_ready = True
                return
            self._results.append(Result(_NO_ROWS, result.command_tuples or 0))
        elif status in _PARTS:
            rows = self._read(result, bound, prepared).rows
            self.parts.append(list(rows))
        elif status in _FATAL:
            if self._failure is None:
                self._failure = failure_of(result)
        elif status != _ABORTED:
            # COPY goes by a protocol of its own, in which nothing here can go on.
            why = "COPY cannot be run as a query; insert rows with create_many"
            raise ConnectionLost(why, NOT_SUPPORTED)

    def _read(self, result: PGresult, bound: Bound | None, prepared: Prepared | None) -> Result:
        if prepared is None:
            reads: Any = transformer()
            reads.set_pgresult(result)
        else:
            reads = prepared.reads
            reads.set_pgresult(result, set_loaders=not prepared.has_loaders)
            prepared.has_loaders = True
        count = result.ntuples
        rows: list[Row] = _NO_ROWS
        if count:
            try:
                rows = reads.load_rows(0, count, tuple)
            except psycopg.DataError as error:
                self._failure = self._failure or unreadable(error)
            except RecursionError:
                why = f"a JSON value of the result cannot be read: {too_deep()}"
                self._failure = self._failure or DatabaseFailure(UNREADABLE, why)
        reads.set_pgresult(None, set_loaders=False)
        if bound is not None and bound[2]:
            return Result(rows, count, _columns(result))
        return Result(rows, count)

    def repeats(self, failure: DatabaseFailure) -> bool:
        """Say whether what failed did so for a statement that the server does not know as we do,
        so that nothing has been done and all of it can be asked again.
        """
        return self.began_idle and not self.is_busy and self.statements.is_stale(failure)


def _encoded(bound: Bound) -> list[bytes | None]:
    bound.sql.encode()
    return [None if one is None else one.encode() for one in bound.parameters]


def _columns(result: PGresult) -> list[tuple[str, int]]:
    return [
        ((result.fname(i) or b"").decode("utf-8", "replace"), result.ftype(i))
        for i in range(result.nfields)
    ]
