"""docs/prisma.md: the application on it runs with Prisma Client, and the doctor finds nothing."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.pages import DOCS, blocks, commands
from tests.peers.matrix.drivers import NODE
from tests.running import clean_environment
from tests.support.database import Database
from tests.support.gateway import StartGateway

PAGE = DOCS / "prisma.md"

INSTANCES = 3
SERVERS = 2

# What a deployment would do with the route: several instances, each asked several times at once.
INSTANCE = """\
import { GET } from "./app/api/notes/route";
import { db } from "./lib/db";

await db.note.create({ data: { text: "from an instance" } });
const answers = await Promise.all(Array.from({ length: 10 }, async () => (await GET()).json()));
console.log(JSON.stringify(answers.map((notes) => notes.length)));
process.exit(0);
"""


@pytest.fixture
def application(tmp_path: Path) -> Path:
    """A folder with the files of the page, and its packages installed."""
    for block in blocks(PAGE):
        if block.kind == "file":
            (tmp_path / block.name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / block.name).write_text(block.text)
    packages = tmp_path / "node_modules"
    packages.mkdir()
    for package in (NODE / "node_modules").iterdir():
        (packages / package.name).symlink_to(package)
    # Next.js puts an empty module in its place, on the server.
    (packages / "server-only").mkdir()
    (packages / "server-only" / "index.js").write_text("")
    (tmp_path / "instance.ts").write_text(INSTANCE)
    return tmp_path


def start(line: str, place: Path, **environment: str) -> subprocess.Popen[str]:
    """Start a command in the application's folder."""
    path = os.pathsep.join(
        [str(Path(sys.executable).parent), str(place / "node_modules/.bin"), os.environ["PATH"]]
    )
    return subprocess.Popen(
        ["/bin/bash", "-c", line],
        cwd=place,
        env=clean_environment({**environment, "PATH": path}),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def end(started: subprocess.Popen[str]) -> str:
    """Wait for a command's good end; return what it printed."""
    said, _ = started.communicate(timeout=120)
    assert started.returncode == 0, said
    return said


def run(line: str, place: Path, **environment: str) -> str:
    """Run a command in the application's folder; return what it printed."""
    return end(start(line, place, **environment))


def of_kind(kind: str) -> list[tuple[str, str]]:
    return [
        (command.line, command.output)
        for block in blocks(PAGE)
        if block.kind == kind
        for command in commands(block.text)
    ]


def test_the_doctor_finds_nothing_in_it(application: Path) -> None:
    [(line, output)] = of_kind("session")
    assert run(line, application).rstrip("\n") == output
    # And would, if there were something.
    (application / "app/page.tsx").write_text("export const db = new PrismaClient();\n")
    assert "FD1" in run(f"{line.partition(' |')[0]} || true", application)


def test_instances_share_the_pool(
    application: Path, start_gateway: StartGateway, database: Database
) -> None:
    gateway = start_gateway(default_pool_size=SERVERS)
    urls = {"DATABASE_URL": gateway.url(), "DIRECT_URL": database.url()}
    [(migrate, _), (generate, _), _] = of_kind("migrate")
    assert "_init" in run(migrate, application, **urls)
    # A path to the schema engine, which generating has no use for and would download.
    offline = {"PRISMA_SCHEMA_ENGINE_BINARY": "/bin/true", "CHECKPOINT_DISABLE": "1"}
    run(generate.removeprefix("npx "), application, **offline, **urls)
    instances = [start("jiti instance.ts", application, **urls) for _ in range(INSTANCES)]
    said = [end(instance) for instance in instances]
    lengths = [json.loads(text) for text in said]
    assert all(len(each) == 10 and 1 <= min(each) <= INSTANCES for each in lengths), said
    assert gateway.pool("server_connects") <= SERVERS
    # Each answer, and each note, was one of the pool's transactions.
    assert gateway.pool("transactions") >= INSTANCES * 11
