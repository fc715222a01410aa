"""The database under a storm: watched on one connection, prepared before, left as it was after.

Functions come as an ordinary role, so that PostgreSQL keeps the slots it reserves for superusers:
whoever has to end a storm from outside still gets in.
"""

import asyncio
import secrets
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Self

import psycopg

from forebay.errors import ConfigurationError, ConnectionFailed, DatabaseLost
from forebay.postgres.probe import probe
from forebay.postgres.scram import scram_verifier
from forebay.postgres.secret import Secret
from forebay.postgres.url import PostgresUrl
from forebay.storm.link import connection_text
from forebay.storm.workload import table_statements

_PREFIX = "forebay_storm_"
_TIMEOUT = 5.0
_STATEMENT_TIMEOUT = 15
_PATIENCE = 20.0
# A function proves its password on a machine of its own. Here one process proves it for all, and
# the usual 4,096 rounds, six milliseconds a login, would make storm itself what is measured.
SCRAM_ITERATIONS = 1

_ABOUT = """\
select current_setting('server_version_num')::int,
       current_setting('max_connections')::int,
       current_setting('superuser_reserved_connections')::int,
       coalesce(current_setting('reserved_connections', true), '0')::int,
       rolsuper, rolsuper or rolcreaterole
from pg_roles where rolname = current_user
"""
# Without a right to see them all, other roles' backends have no backend_type.
_COUNT = """\
select count(*) from pg_stat_activity
where datname = current_database() and coalesce(backend_type, 'client backend') = 'client backend'
  and pid <> pg_backend_pid()
"""


_END_ROLE = "select pg_terminate_backend(pid) from pg_stat_activity where usename = '{}'"


@dataclass(frozen=True, slots=True)
class Server:
    """What the server says of itself."""

    version: int
    max_connections: int
    reserved: int

    @property
    def for_applications(self) -> int:
        """How many connections ordinary roles may hold in all."""
        return self.max_connections - self.reserved


class Database:
    """A watched database; `prepare` makes what a storm needs, `clean` takes it away."""

    def __init__(self, url: PostgresUrl, hostaddr: str | None) -> None:
        """Remember where it is; nothing is opened yet."""
        self.url = url
        self.hostaddr = hostaddr
        self.server = Server(0, 0, 0)
        self.schema: str | None = None
        # Whom the functions come as.
        self.application = url
        self._connection: psycopg.AsyncConnection[tuple[int, ...]] | None = None
        self._role: str | None = None
        self._creates_roles = False
        self._is_superuser = False

    async def open(self) -> Self:
        """Connect the observer, which stays connected, and ask the server about itself.

        Raises:
            ConnectionFailed: it does not answer, or refuses.
        """
        text = connection_text(
            self.url, application_name="forebay storm, observer", hostaddr=self.hostaddr
        )
        try:
            self._connection = await psycopg.AsyncConnection.connect(
                text.decode(), autocommit=True, connect_timeout=round(_TIMEOUT)
            )
        except psycopg.Error:
            probe(self.url, timeout=_TIMEOUT)  # says in our words what is wrong
            raise ConnectionFailed(
                f"the database at {self.url.address} cannot be reached",
                hint="check that PostgreSQL runs there, and the URL",
            ) from None
        await self._run(f"set statement_timeout = '{_STATEMENT_TIMEOUT}s'")
        row = await self._ask(_ABOUT)
        version, most, for_superusers, reserved, is_superuser, creates_roles = row
        self.server = Server(int(version), int(most), int(for_superusers) + int(reserved))
        self._is_superuser, self._creates_roles = bool(is_superuser), bool(creates_roles)
        return self

    async def prepare(self, *, is_query_given: bool) -> None:
        """Make an ordinary role, and the page's tables unless statements of the user's own run.

        Those statements may touch whatever the user of the URL may: a superuser's role inherits
        his privileges, though not his attribute; an ordinary user comes as himself.

        Raises:
            ConfigurationError: the user of the URL may not.
        """
        token = secrets.token_hex(4)
        try:
            if self._is_superuser or (self._creates_roles and not is_query_given):
                await self._make_role(token, inherits=is_query_given)
            if not is_query_given:
                self.schema = _PREFIX + token
                for statement in table_statements(self.schema):
                    await self._run(statement)
        except psycopg.Error as error:
            if self._connection is None or self._connection.broken:
                raise self._lost(str(error)) from None
            words = str(error).splitlines()[0]
            raise ConfigurationError(
                f'the user "{self.url.user}" cannot prepare the storm: {words}',
                hint="give a user who may create a schema, or your own statements with --query",
            ) from None

    async def held(self) -> int | None:
        """Return how many connections the database holds, the observer's own left out.

        Raises:
            DatabaseLost: it is gone.
        """
        try:
            async with asyncio.timeout(_PATIENCE):
                (count,) = await self._ask(_COUNT)
        except psycopg.errors.QueryCanceled:
            return None  # too busy to say: the plot has a gap there
        except psycopg.Error as error:
            raise self._lost(str(error)) from None
        except TimeoutError:
            raise self._lost(f"no answer within {_PATIENCE:g} s") from None
        return int(count)

    async def clean(self) -> str | None:
        """Drop what `prepare` made, close the observer; return what could not be dropped."""
        connection = self._connection
        if connection is None:
            return None
        left = []
        if self._role is not None:
            # A backend in the middle of a statement does not notice that its function is gone.
            with suppress(psycopg.Error, TimeoutError):
                async with asyncio.timeout(_PATIENCE):
                    await self._run(_END_ROLE.format(self._role))
        wanted = [("schema", self.schema, " cascade"), ("role", self._role, "")]
        for kind, name, manner in wanted:
            if name is None:
                continue
            if connection.closed:
                left.append(f"drop {kind} if exists {name}{manner};")
                continue
            try:
                async with asyncio.timeout(_PATIENCE):
                    await self._run(f"drop {kind} if exists {name}{manner}")
            except (psycopg.Error, TimeoutError):
                left.append(f"drop {kind} if exists {name}{manner};")
        await connection.close()
        self._connection = None
        return " ".join(left) or None

    async def _make_role(self, token: str, *, inherits: bool) -> None:
        name, password = _PREFIX + token, Secret(secrets.token_hex(16))
        verifier = scram_verifier(password, iterations=SCRAM_ITERATIONS)
        await self._run(f"create role {name} login password '{verifier.reveal()}'")
        self._role = name
        if inherits:
            # Without SET it has the privileges and cannot become who has them.
            manner = " with inherit true, set false" if self.server.version >= 160000 else ""
            user = (self.url.user or "").replace('"', '""')
            await self._run(f'grant "{user}" to {name}{manner}')
        self.application = replace(self.url, user=name, password=password)
        await self._require_login()

    async def _require_login(self) -> None:
        """See that PostgreSQL lets the new role in: pg_hba.conf may name its users.

        Raises:
            ConfigurationError: it does not.
        """
        text = connection_text(
            self.application, application_name="forebay storm", hostaddr=self.hostaddr
        )
        try:
            connection = await psycopg.AsyncConnection.connect(text.decode())
        except psycopg.Error as error:
            words = str(error).strip().rpartition("FATAL:")[2].strip()
            raise ConfigurationError(
                f"PostgreSQL refuses the ordinary role that storm made for its functions: {words}",
                hint="admit new roles from this host in pg_hba.conf, or give the URL of an ordinary"
                " role that may create a schema",
            ) from None
        await connection.close()

    async def _run(self, statement: str) -> None:
        if self._connection is None:
            raise psycopg.OperationalError("the observer is not connected")
        await self._connection.execute(statement.encode())

    async def _ask(self, statement: str) -> tuple[int, ...]:
        if self._connection is None:
            raise psycopg.OperationalError("the observer is not connected")
        cursor = await self._connection.execute(statement.encode())
        row = await cursor.fetchone()
        if row is None:
            raise psycopg.OperationalError("PostgreSQL gave no answer")
        return row

    def _lost(self, said: str) -> DatabaseLost:
        words = (said.splitlines() or ["no reason given"])[0]
        return DatabaseLost(
            f"PostgreSQL at {self.url.address} went away during the storm: {words}",
            hint="its log says why; start it again and repeat the storm",
        )
