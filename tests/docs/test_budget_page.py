"""docs/budget.md: its role and its file make a gateway that shows the lines the page shows."""

from pathlib import Path

import psycopg
import pytest

from tests.docs.pages import DOCS, Block, blocks, commands
from tests.support.database import Database
from tests.support.service import SERVE, start_service

PAGE = DOCS / "budget.md"


def of_kind(kind: str) -> list[Block]:
    return [block for block in blocks(PAGE) if block.kind == kind]


@pytest.fixture
def role(database: Database):
    """Make the role of the page, and take it away."""
    (sql,) = of_kind("sql")
    database.ask(sql.text)
    yield
    database.ask("drop role forebay_control")


def test_the_page_makes_a_gateway_that_shows_its_arithmetic(
    role: None, tmp_path: Path, database: Database, closed_port: int
) -> None:
    for block in of_kind("file"):
        text = block.text.replace("6432", str(closed_port))
        text = text.replace("port = 5432", f"port = {database.port}")
        (tmp_path / block.name).write_text(text)
    (shown,) = of_kind("budget")
    (command,) = commands(shown.text)
    conninfo = command.line.split('"')[1].replace("6432", str(closed_port))
    expected = [
        [cell.strip() for cell in line.split("|")] for line in command.output.splitlines()[2:]
    ]
    with start_service([*SERVE, "forebay.toml"], tmp_path) as running:
        running.wait_until_listening()
        with psycopg.connect(conninfo.replace("dbname=pgbouncer", "dbname=app")) as client:
            assert client.execute("select 1").fetchone() == (1,)
        with psycopg.connect(conninfo, autocommit=True) as console:
            rows = console.execute("SHOW BUDGET", prepare=False).fetchall()
    assert [row[1] for row in rows] == [cells[1] for cells in expected]
    # Numbers and times are another day's; the words are not.
    words = [row[3] for row in rows[1:]]
    assert words == [cells[3] for cells in expected[1:]]
    numbers = {line: number for _, line, number, _ in rows}
    assert numbers["max_connections"] == 100
    assert numbers["= cap"] >= numbers["held"] >= 2
