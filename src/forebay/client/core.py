"""What clients for asyncio and sync have in common.

A client connects when it is first asked for something, so that it may be made when a module is
loaded and used in a function. Its copies (inside a transaction, with extensions) share what it
connects with; when nobody holds any of them any more, their connections are closed.

Whoever imports this module may never ask for anything: what only work needs is imported by it.
"""

from __future__ import annotations

import os
import weakref
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self, TypedDict

from forebay.client.actions import Actions
from forebay.client.errors import ClientConfigurationError, PrismaError, bad_request, translate
from forebay.client.operation import Operation
from forebay.engine.failures import RequestError
from forebay.errors import ConfigurationError

if TYPE_CHECKING:
    from forebay.client.extensions.extension import Extension, Guard, Methods, Query, Result
    from forebay.client.package import Package
    from forebay.client.request import Finish
    from forebay.client.seeing.events import Listener
    from forebay.client.stream import Pages
    from forebay.client.tools import Tools
    from forebay.client.url import Target
    from forebay.engine.engine import Engine


class Datasource(TypedDict, total=False):
    """Where the database is, where the schema does not say it."""

    url: str
    name: str
    env: str


class _Shared:
    """What a client and its copies have in common."""

    __slots__ = ("__weakref__", "session")

    def __init__(self) -> None:
        self.session: Any = None


class _ModelActions:
    """The attribute of a client that stands for a model."""

    __slots__ = ("_model",)

    def __init__(self, model: str) -> None:
        self._model = model

    def __get__(self, client: BaseClient | None, owner: type) -> Any:
        # Not kept on the client: each would keep the other alive.
        return self if client is None else Actions(client, self._model)


class BaseClient(ABC):
    """What clients for asyncio and sync have in common."""

    package: ClassVar[Package]

    # Of a client inside a transaction this is the transaction.
    _session: Any = None
    # Performs an operation of a client with extensions, which it is given, in its way.
    _chain: Callable[[Any, Operation], Any] | None = None
    # What stands around the engine, from the inside out.
    _around: tuple[Any, ...] = ()

    def __init_subclass__(cls) -> None:
        """Give a package's client an attribute for each model."""
        super().__init_subclass__()
        package = cls.__dict__.get("package")
        if package is not None:
            for attribute, model in package.instances.items():
                setattr(cls, attribute, _ModelActions(model))

    def __init__(
        self,
        *,
        use_dotenv: bool = True,
        log_queries: bool = False,
        auto_register: bool = False,
        datasource: Datasource | None = None,
        connect_timeout: float | timedelta | None = None,
        http: Any = None,
        strict: bool = False,
    ) -> None:
        """Note how to connect; nothing is opened yet.

        ``datasource`` says where, in place of the schema: `{"url": …}`. ``strict`` has every record
        validated. ``http`` is taken for the sake of code written for Prisma Client Python, and
        changes nothing: there is no HTTP between this client and the database.
        """
        if datasource is not None:
            _check(datasource)
        if use_dotenv:
            from forebay.client.environment import load_env

            load_env()
        self._shared = _Shared()
        self._datasource = datasource
        self._connect_timeout = connect_timeout
        if log_queries:
            from forebay.client.seeing.watch import log_queries as log

            log(self)
        self._is_strict = strict
        if auto_register:
            from forebay.client.registry import register

            register(self)

    @cached_property
    def _target(self) -> Target:
        from forebay.client.url import Target

        timeout = self._connect_timeout
        seconds = timeout.total_seconds() if isinstance(timeout, timedelta) else timeout
        url = self._url()
        try:
            return Target.from_text(url, connect_timeout=seconds)
        except ConfigurationError as error:
            raise ClientConfigurationError(error.message, hint=error.hint) from None

    @cached_property
    def _tools(self) -> Tools:
        from forebay.client.tools import tools_of

        return tools_of(self.package, self._target.schema, is_strict=self._is_strict)

    @cached_property
    def _engine(self) -> Engine:
        engine: Any = self._tools.engine
        for wrap in self._around:
            engine = wrap(engine)
        return engine  # type: ignore[no-any-return]

    @cached_property
    def _build(self) -> Any:
        return self._tools.requests.build

    def _url(self) -> str:
        given = self._datasource
        if given is not None and given.get("url"):
            return given["url"]
        source = self.package.source
        variable = (given or {}).get("env") or source.url_variable
        url = os.environ.get(variable) if variable else source.url
        if not url:
            what = f"the environment variable {variable}" if variable else "the datasource's url"
            raise ClientConfigurationError(
                f"{what} is not set, and nothing else says where the database is",
                hint='set it to postgresql://…, or give the client datasource={"url": …}',
            )
        return url

    @abstractmethod
    def _open_session(self, target: Target) -> Any:
        """Return a session of the client's kind, which has not connected yet."""

    def _begin(self) -> Any:
        """Return the session, made now if there is none."""
        shared = self._shared
        if shared.session is None:
            shared.session = self._open_session(self._target)
            weakref.finalize(shared, shared.session.abandon)
        self._session = shared.session
        return shared.session

    def _request(self, operation: Operation) -> tuple[dict[str, Any], Finish | None]:
        """Return the request of an operation, and what makes its result of the data, if needed."""
        if operation.model is not None:
            try:
                return self._build(operation)  # type: ignore[no-any-return]
            except RecursionError:
                raise bad_request(
                    "P2009",
                    f"{operation.title}: what was given is nested too deeply, or holds itself",
                    "give dicts and lists that end",
                ) from None
        from forebay.client import raw

        given, action = operation.arguments, operation.action
        request = raw.request(action, given["query"], given.get("parameters", ()))
        if action == "execute_raw":
            return request, None
        model = given.get("model")
        if action == "query_first":
            return request, lambda found: next(iter(raw.rows(found[:1], model)), None)
        return request, lambda found: raw.rows(found, model)

    def _translate(self, error: RequestError, title: str | None = None) -> PrismaError:
        """Return what a user is told of an error."""
        return translate(error, title)

    def _refused(self, error: RequestError, operation: Operation) -> PrismaError | None:
        """Return what a user is told of an operation's error; None where its answer is None."""
        from forebay.client.request import QUIET

        if error.request_code == "P2025" and operation.action in QUIET:
            return None
        return translate(error, operation.title)

    def extend(
        self,
        *extensions: Extension | Guard,
        query: Query | None = None,
        model: Mapping[str, Methods] | None = None,
        result: Result | None = None,
        client: Methods | None = None,
    ) -> Self:
        """Return a client with extensions; it shares this one's connections, and this one stays.

        ``query`` are hooks around operations, ``model`` methods of `db.user`, ``result`` computed
        fields, and ``client`` methods of the client.
        """
        from forebay.client.extensions.extended import extended

        given = {"query": query, "model": model, "result": result, "client": client}
        return extended(self, *extensions, **{name: one for name, one in given.items() if one})

    def on(self, event: Literal["query"], listener: Listener, *, parameters: bool = False) -> None:
        """Have a function told of every round trip; values are left out unless ``parameters``."""
        from forebay.client.seeing.watch import listen

        listen(self, event, listener, parameters=parameters)

    def watch(
        self,
        *,
        slow: bool | float | timedelta = False,
        repeats: bool | int = False,
        telemetry: Any = False,
        parameters: bool = False,
    ) -> None:
        """Log slow queries and repeated ones, and make spans of OpenTelemetry's.

        ``slow`` is in seconds, or True for 50 ms; ``repeats`` how often one place in the code may
        ask the same in one request, or True for 10; ``telemetry`` a tracer provider, or True for
        the global one.
        """
        from forebay.client.seeing.watch import watch

        watch(self, slow=slow, repeats=repeats, telemetry=telemetry, parameters=parameters)

    def _copy(self) -> Self:
        """Return a client that differs in what is set on it next."""
        made = object.__new__(type(self))
        made.__dict__.update(self.__dict__)
        return made

    def _bound_to(self, session: Any) -> Self:
        """Return a client that works through a transaction."""
        made = self._copy()
        made._session = session
        return made

    def _raw(self, action: str, sql: Any, parameters: tuple[Any, ...], model: Any = None) -> Any:
        """Perform raw SQL."""
        if not isinstance(sql, str):
            if not isinstance(getattr(sql, "sql", None), str):
                raise TypeError(f"{action}: SQL is a text or a Query, and was given {sql!r:.80}")
            model, sql = model or sql.model, sql.sql
        given: dict[str, Any] = {"query": sql, "parameters": parameters}
        if model is not None:
            given["model"] = model
        return self._perform(Operation(None, action, given))

    def _perform(self, operation: Operation) -> Any:
        """Perform an operation, through the client's extensions if it has any."""
        chain = self._chain
        return self._execute(operation) if chain is None else chain(self, operation)

    @abstractmethod
    def _execute(self, operation: Operation) -> Any:
        """Carry an operation out."""

    def is_connected(self) -> bool:
        """Say whether there is a connection."""
        session = self._session or self._shared.session
        return session is not None and (session.is_transaction or bool(session.is_connected))

    def is_transaction(self) -> bool:
        """Say whether this client works inside a transaction."""
        return self._session is not None and bool(self._session.is_transaction)

    def is_registered(self) -> bool:
        """Say whether this is the client that get_client() returns."""
        from forebay.client.process import registered

        return registered(type(self)) is self

    @abstractmethod
    def _stream(self, pages: Pages) -> Any:
        """Yield the records of pages."""

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            if name.startswith("__"):
                # Asked for by Python itself, who reads no advice.
                raise AttributeError(name)
            raise AttributeError(_absent(type(self), name))

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self.package.name}>"


def _check(datasource: Any) -> None:
    """Refuse a datasource that would be passed over."""
    known = Datasource.__annotations__
    if isinstance(datasource, Mapping) and all(name in known for name in datasource):
        return
    # Not shown: it may hold a password.
    other = isinstance(datasource, Mapping)
    given = "one with other names" if other else f"of the type {type(datasource).__name__}"
    raise ClientConfigurationError(
        f"a client's datasource is a dict of {', '.join(known)}, and what was given is {given}",
        hint='write datasource={"url": "postgresql://…"}',
    )


def _absent(kind: type[BaseClient], name: str) -> str:
    from forebay.client.spelling import meant

    package = getattr(kind, "package", None)
    known = list(package.instances) if package is not None else []
    return f"a client has no `{name}`: {meant(name, known)}"
