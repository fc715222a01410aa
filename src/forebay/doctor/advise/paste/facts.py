"""What the files to paste have in common: where clients go, by which limits, as whom."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

from forebay.doctor.advise.situation import Place

# Placeholders that are valid as they stand, so that a pasted file starts and then says no.
USER, PASSWORD = "app", "change-me"
POOLER_PORT = 6432
# Seconds. Less than what most platforms give a request, so that its error is the one that is seen.
WAIT = 10
# Prepared statements that the pooler of the files keeps for each server.
PREPARED = 200


@dataclass(frozen=True, slots=True)
class Facts:
    """What is written into the files."""

    strategy: str
    place: Place
    # Where DATABASE_URL leads; DIRECT_URL leads to `place`.
    host: str
    port: int
    # Where the pooler of the files listens.
    listen: tuple[str, int]
    limit: int
    is_direct: bool
    is_function: bool
    # A pooler that does not know a client's prepared statements in transaction mode.
    is_unprepared: bool
    max_client_conn: int
    pool_size: int
    servers: int
    # Supabase's name of the project.
    project: str = "PROJECT"

    @property
    def keeps_statements(self) -> bool:
        """Whether a pooler is before PostgreSQL, which keeps prepared statements."""
        return not (self.is_unprepared or self.is_direct)

    @staticmethod
    def kept(code: str) -> str:
        """Write the comment for the doctor, who sees a URL and not the pooler behind it."""
        return (
            f"# forebay: ignore[{code}] this pooler keeps prepared statements"
            f" (max_prepared_statements = {PREPARED})"
        )

    def url(self, **parameters: str | int) -> str:
        """Write DATABASE_URL."""
        return _url(self.host, self.port, self._user, self.place, parameters)

    def direct_url(self) -> str:
        """Write DIRECT_URL, past every pooler in transaction mode."""
        if self.strategy == "supavisor":
            return _url(self.host, 5432, self._user, self.place, {})
        return _url(self.place.host, self.place.port, USER, self.place, {})

    @property
    def sslmode(self) -> str | None:
        """The TLS mode that DATABASE_URL carries, where it leads to PostgreSQL itself."""
        return self.place.sslmode if self.host == self.place.host else None

    @property
    def _user(self) -> str:
        # Supabase's pooler tells projects apart by the user's name.
        return f"{USER}.{self.project}" if self.strategy == "supavisor" else USER


def _url(host: str, port: int, user: str, place: Place, parameters: dict[str, str | int]) -> str:
    given = dict(parameters)
    if place.sslmode and host == place.host:
        given["sslmode"] = place.sslmode
    database = quote(place.database, safe="")
    if host.startswith("/"):
        given = {"host": host, "port": port, **given}
        where = ""
    else:
        where = f"[{host}]:{port}" if ":" in host else f"{quote(host, safe='')}:{port}"
    query = "&".join(f"{name}={quote(str(value), safe='/')}" for name, value in given.items())
    return f"postgresql://{user}:{PASSWORD}@{where}/{database}{'?' if query else ''}{query}"
