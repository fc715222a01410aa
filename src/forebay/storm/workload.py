"""What an invocation asks of the database: a page's worth of short queries in one transaction."""

import random
from typing import Protocol

from forebay.storm.link import Link

AUTHORS = 1_000
POSTS = 10_000
_WRITE_SHARE = 0.1


class Workload(Protocol):
    """The statements of one invocation."""

    async def serve(self, link: Link) -> None:
        """Run them on an open link.

        Raises:
            LinkError: one of them failed; the transaction may still be open.
        """


# Written for a schema called storm; each storm has one under another name.
_POST = "select author, title, body from storm.posts where id = $1"
_AUTHOR = "select name from storm.authors where id = $1"
_LATEST = "select id, title from storm.posts where author = $1 order by id desc limit 10"
_VISIT = "update storm.posts set visits = visits + 1 where id = $1"
_TABLES = """\
create schema storm;
create table storm.authors (id int primary key, name text not null);
create table storm.posts (
    id int primary key, author int not null, title text not null, body text not null,
    visits bigint not null default 0
);
insert into storm.authors select n, 'Author ' || n from generate_series(1, AUTHORS) n;
insert into storm.posts
    select n, n % AUTHORS + 1, 'Post ' || n, repeat('text ', 40) from generate_series(1, POSTS) n;
create index on storm.posts (author, id);
analyze storm.authors, storm.posts;
grant usage on schema storm to public;
grant select, update on all tables in schema storm to public
"""


class Page:
    """A post, its author, the author's latest posts; one page in ten counts the visit."""

    def __init__(self, schema: str, random_: random.Random, *, is_prepared: bool) -> None:
        """Write the statements for the tables in `schema`."""
        self._random = random_
        self._run = Link.run_prepared if is_prepared else Link.run
        self._post, self._author, self._latest, self._visit = (
            _within(schema, text).encode() for text in (_POST, _AUTHOR, _LATEST, _VISIT)
        )

    async def serve(self, link: Link) -> None:
        """Run one page."""
        post = self._random.randrange(1, POSTS + 1)
        number, author = b"%d" % post, b"%d" % (post % AUTHORS + 1)
        await link.run(b"begin")
        await self._run(link, self._post, (number,))
        await self._run(link, self._author, (author,))
        await self._run(link, self._latest, (author,))
        if self._random.random() < _WRITE_SHARE:
            await self._run(link, self._visit, (number,))
        await link.run(b"commit")


class Given:
    """The statements the user gave, in one transaction."""

    def __init__(self, statements: tuple[str, ...], *, is_prepared: bool) -> None:
        """Keep the statements as they are."""
        self._statements = [statement.encode() for statement in statements]
        self._run = Link.run_prepared if is_prepared else Link.run

    async def serve(self, link: Link) -> None:
        """Run them in order."""
        await link.run(b"begin")
        for statement in self._statements:
            await self._run(link, statement)
        await link.run(b"commit")


def table_statements(schema: str) -> list[str]:
    """Return the SQL that makes the page's tables in a schema of their own, open to every role."""
    text = _within(schema, _TABLES).replace("AUTHORS", str(AUTHORS)).replace("POSTS", str(POSTS))
    return text.split(";")


def _within(schema: str, text: str) -> str:
    return text.replace("storm.", f"{schema}.").replace("schema storm", f"schema {schema}")
