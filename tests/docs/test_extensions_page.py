"""docs/extensions.md: its examples do what the page says."""

from __future__ import annotations

from forebay.postgres.embedded import EmbeddedServer
from tests.docs.client_pages import client_of, prepared, run
from tests.docs.pages import DOCS, blocks

PAGE = DOCS / "extensions.md"

_TABLES = """
CREATE TABLE "Account" (id text PRIMARY KEY);
CREATE TABLE "User" (id serial PRIMARY KEY, account_id text NOT NULL REFERENCES "Account",
  email text NOT NULL UNIQUE, first text NOT NULL, last text NOT NULL, deleted_at timestamp(3));
CREATE TABLE "Post" (id serial PRIMARY KEY, account_id text NOT NULL, title text NOT NULL,
  deleted_at timestamp(3), author_id integer NOT NULL REFERENCES "User");
DROP ROLE IF EXISTS pages_reader;
CREATE ROLE pages_reader;
GRANT SELECT ON ALL TABLES IN SCHEMA public TO pages_reader;
"""


def test_the_examples_do_what_the_page_says(embedded: EmbeddedServer) -> None:
    [schema] = [block.text for block in blocks(PAGE) if block.kind == "file"]
    with prepared(embedded, "extensions_page", _TABLES) as url:
        text = url.text()
        mark = "&" if "?" in text else "?"
        client = client_of(schema, text)
        limited = client_of(schema, f"{text}{mark}options=-c%20role%3Dpages_reader")
        try:
            assert run(PAGE, client=client, limited_client=limited) == 5
        finally:
            limited.disconnect()
            client.execute_raw("DROP OWNED BY pages_reader")
            client.execute_raw("DROP ROLE pages_reader")
            client.disconnect()
