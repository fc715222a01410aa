"""Asks Prisma's own query engine, which runs in one Node process for as long as it is needed."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.errors import BenchError
from forebay.postgres.url import PostgresUrl
from tests.reference.node_process import NodeProcess


@dataclass(frozen=True)
class Reply:
    """What the engine answered, and the statements it sent, one round trip each."""

    answer: dict[str, Any]
    statements: list[str] = field(default_factory=list)
    cpu: float = 0.0


class Prisma(NodeProcess):
    """The engine's process."""

    folder = Path(__file__).parent / "node"
    installed = "@prisma/query-compiler-wasm"
    # Bounded, so that a runaway request ends the reference and not the machine.
    program = ("--max-old-space-size=3000", "engine.cjs")

    def tell(self, **question: object) -> dict[str, Any]:
        """Put one question; a failure of the reference itself is an error."""
        answer = self.put(question)
        if "broken" in answer:
            raise BenchError(f"the reference broke: {answer['broken']}")
        return answer

    def open(self, schema: str, url: PostgresUrl) -> Engine:
        """Start an engine for a schema on a database."""
        database = {
            "host": url.host,
            "port": url.port,
            "user": url.user,
            "password": url.password and url.password.reveal(),
            "database": url.database,
        }
        return Engine(self, self.tell(do="open", schema=schema, database=database)["engine"])

    def compile(self, schema: str, body: dict[str, Any]) -> dict[str, Any]:
        """Return the plan that the compiler of Prisma 7 makes of a request, or ``refused``."""
        return self.tell(do="compile", schema=schema, body=body)


class Engine:
    """One engine of the process, for one schema and one database."""

    def __init__(self, prisma: Prisma, number: int) -> None:
        self._prisma = prisma
        self._number = number
        self._transaction: str | None = None

    def ask(self, body: dict[str, Any], transaction: str | None = None) -> Reply:
        """Answer a request; a trap of the WebAssembly is an answer with ``panic``."""
        told = self._prisma.tell(
            do="query", engine=self._number, body=body, transaction=transaction
        )
        answer = told["answer"] if "answer" in told else {"panic": told["panic"]}
        return Reply(answer, told["statements"], told["cpu"])

    def start(self, options: dict[str, Any]) -> dict[str, Any]:
        """Begin a transaction that several requests share."""
        answer: dict[str, Any] = self._prisma.tell(
            do="start", engine=self._number, options=options
        )["answer"]
        return answer

    def end(self, how: str, transaction: str) -> dict[str, Any]:
        """End such a transaction: ``commit`` or ``rollback``."""
        answer: dict[str, Any] = self._prisma.tell(
            do=how, engine=self._number, transaction=transaction
        )["answer"]
        return answer

    def step(self, body: dict[str, Any]) -> Reply:
        """Answer a request, or begin or end the transaction that those after it share."""
        if "start" in body:
            self._transaction = self.start(body["start"])["id"]
        elif "end" in body:
            self.end(body["end"], str(self._transaction))
            self._transaction = None
        else:
            return self.ask(body, self._transaction)
        return Reply({})

    def close(self) -> None:
        """Disconnect."""
        self._prisma.tell(do="close", engine=self._number)
