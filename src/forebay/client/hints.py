"""The next step for each code: what a message ends with when whoever raised it named none."""

from __future__ import annotations

from forebay.engine.failures import RequestError

_HINTS = {
    "P1000": "check the user and the password in the database URL",
    "P1001": "check the host and the port in the database URL, and that PostgreSQL is running",
    "P1002": "check that the server is reachable, or raise connect_timeout in the database URL",
    "P1003": "create the database, or correct its name in the database URL",
    "P1017": "try again; if it happens often, look at the server's log and its idle timeouts",
    "P2000": "shorten the value, or widen the column in the schema",
    "P2002": "use another value, or upsert() to update the record that has it",
    "P2003": "create the record that is referred to first, or delete what refers to this one first",
    "P2009": "correct the argument that is named",
    "P2010": "correct the SQL or its parameters; meta['code'] is PostgreSQL's SQLSTATE",
    "P2011": "give the field a value, or make it optional in the schema",
    "P2012": "give the value that is named",
    "P2014": "connect the related record to another one first, or delete it first",
    "P2017": "connect the records first",
    "P2018": "create the records that are to be connected first",
    "P2019": "change the arguments that are named",
    "P2020": "use a value that the column's type holds, or widen the column in the schema",
    "P2021": "create the table: migrate the database to the schema",
    "P2022": "migrate the database to the schema, or run `forebay generate` if the schema changed",
    "P2023": "look at the value in the database, and at the type that the schema gives it",
    "P2024": "end transactions sooner, or raise connection_limit or pool_timeout in the URL",
    "P2025": "check the condition, or create the record first",
    "P2026": "express the request in another way, or use query_raw()",
    "P2028": "begin a new transaction; raise `timeout` in tx() if it needs longer",
    "P2034": "run the transaction again; transaction(fn, retries=…) does so by itself",
}
_UNKNOWN = "read what PostgreSQL said above; its SQLSTATE is in .sqlstate"
_NONE = "correct the request, and see the error's .data for all that is known"


def hint_of(error: RequestError) -> str:
    """Say what to do about an error."""
    known = _HINTS.get(error.request_code)
    if known is not None:
        return known
    return _UNKNOWN if error.failure is not None else _NONE
