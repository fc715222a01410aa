"""OpenTelemetry: a span for each operation, in the words of its conventions for databases."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from weakref import ref

from forebay.client.seeing.watching import Watcher
from forebay.engine.failures import RequestError
from forebay.engine.statement import Bound, Result
from forebay.errors import MissingExtra

if TYPE_CHECKING:
    from opentelemetry.trace import Span, Tracer

_FRAME = ("BEGIN", "COMMIT", "ROLLBACK")


class Spans:
    """Begins a span for each operation of a client; ``provider`` is the global one if None."""

    def __init__(self, client: Any, provider: Any = None) -> None:
        try:
            from opentelemetry import trace
        except ModuleNotFoundError:
            raise MissingExtra("otel", needed_for="watch(telemetry=…)") from None
        self._tracer: Tracer = trace.get_tracer("forebay.client", tracer_provider=provider)
        self._kind = trace.SpanKind.CLIENT
        # The client holds this, and would never be let go if this held it.
        self._client = ref(client)
        self._where: dict[str, Any] | None = None

    def began(self, model: str | None, action: str) -> Watcher:
        """Begin a span."""
        attributes = {"db.system.name": "postgresql", "db.operation.name": action}
        if model is not None:
            attributes["db.collection.name"] = model
        title = f"{action} {model}" if model else action
        attributes["db.query.summary"] = title
        span = self._tracer.start_span(title, kind=self._kind, attributes=attributes | self.where())
        return _Spanned(span)

    def where(self) -> dict[str, Any]:
        """Return which database it is."""
        if self._where is None:
            client = self._client()
            if client is None:
                return {}
            url = client._target.url
            found = {
                "server.address": url.host or "localhost",
                "server.port": url.port,
                "db.namespace": url.database or url.user,
            }
            self._where = {name: value for name, value in found.items() if value is not None}
        return self._where


class _Spanned:
    def __init__(self, span: Span) -> None:
        self._span = span
        self._statements: list[str] = []
        self._trips = 0
        self._rows = 0

    def trip(self, bound: list[Bound], duration: float, found: list[Result] | None) -> None:
        self._trips += 1
        self._statements += [one.sql for one in bound if not one.sql.startswith(_FRAME)]
        self._rows += sum(len(one.rows) for one in found or ())

    def ended(self, error: BaseException | None) -> None:
        span = self._span
        if span.is_recording():
            # Values are parameters, and no part of the text.
            span.set_attribute("db.query.text", ";\n".join(self._statements))
            span.set_attribute("db.response.returned_rows", self._rows)
            if len(self._statements) > 1:
                span.set_attribute("db.operation.batch.size", len(self._statements))
            if error is not None:
                self._failed(error)
        span.end()

    def _failed(self, error: BaseException) -> None:
        from opentelemetry.trace import Status, StatusCode

        kind = type(error).__qualname__
        if isinstance(error, RequestError):
            kind = error.request_code or kind
            if error.failure is not None:
                self._span.set_attribute("db.response.status_code", error.failure.sqlstate)
        self._span.set_attribute("error.type", kind)
        # The text of an error may hold a value of the user's.
        self._span.set_status(Status(StatusCode.ERROR, kind))
