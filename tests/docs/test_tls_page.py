"""docs/tls.md: its commands make a gateway with TLS, and a client that checks its certificate."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.pages import DOCS, Command, blocks, commands
from tests.running import clean_environment
from tests.support.database import Database
from tests.support.encrypted import tls_binaries
from tests.support.service import SERVE, start_service

PAGE = DOCS / "tls.md"


def run(command: Command, place: Path) -> None:
    """Run a command of the page, and see that it prints what the page says."""
    # The embedded PostgreSQL's psql is built without TLS.
    folders = [Path(sys.executable).parent, tls_binaries(), os.environ["PATH"]]
    done = subprocess.run(
        ["/bin/bash", "-c", command.line],
        cwd=place,
        env=clean_environment({"PATH": os.pathsep.join(map(str, folders)), "COLUMNS": "200"}),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.stdout.rstrip("\n") == command.output.rstrip("\n"), command.line


def of_kind(kind: str) -> list[Command]:
    return [
        command for block in blocks(PAGE) if block.kind == kind for command in commands(block.text)
    ]


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder with the files of the page, and those its commands make."""
    for block in blocks(PAGE):
        if block.kind == "file":
            (tmp_path / block.name).write_text(block.text)
    for command in of_kind("session"):
        run(command, tmp_path)
    return tmp_path


def test_a_client_can_check_the_gateway(place: Path, database: Database, closed_port: int) -> None:
    file = place / "forebay.toml"
    text = file.read_text().replace("6432", str(closed_port))
    file.write_text(text.replace("port = 5432", f'port = {database.port}\ndbname = "app"'))
    (command,) = of_kind("client")
    assert f"port={6432}" in command.line
    command = Command(command.line.replace("6432", str(closed_port)), command.output)
    with start_service([*SERVE, file.name], place) as running:
        running.wait_until_listening()
        run(command, place)
        unchecked = Command(
            command.line.replace("verify-full", "disable").replace(
                "channel_binding=require", "channel_binding=disable"
            ),
            "",
        )
        with pytest.raises(AssertionError, match="SSL required"):
            run(unchecked, place)
        assert "certificate is valid" in running.log
