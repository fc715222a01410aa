"""The drivers of the table: how each one's program is started, and what it has no interface for."""

import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import metadata
from json import loads
from pathlib import Path

ROOT = Path(__file__).parents[3]
PEERS = ROOT / "tests" / "peers"
NODE = PEERS / "node"
GO = PEERS / "go"
JAVA = PEERS / "java"


@dataclass(frozen=True)
class Driver:
    """One column of the table."""

    name: str
    title: str
    command: Sequence[str]
    cwd: Path
    version: Callable[[], str]
    lacks: frozenset[str] = frozenset()  # features that it has no interface for
    has_bound_cursors: bool = True  # which end with their transaction


def _python(name: str, title: str, *packages: str, bound: bool = True) -> Driver:
    def version() -> str:
        return ", ".join(f"{package} {metadata.version(package)}" for package in packages)

    program = f"tests.peers.matrix.programs.{name}_program"
    command = [sys.executable, "-m", program]
    return Driver(name, title, command, ROOT, version, has_bound_cursors=bound)


def _node(name: str, title: str, *packages: str, lacks: Sequence[str] = ()) -> Driver:
    def version() -> str:
        found = (
            loads((NODE / "node_modules" / package / "package.json").read_text())
            for package in packages
        )
        return ", ".join(f"{package['name']} {package['version']}" for package in found)

    command = ["node", f"matrix/{name}.js"]
    return Driver(name, title, command, NODE, version, frozenset(lacks))


# What `make test` installs.
DRIVERS = [
    _python("psycopg", "psycopg 3", "psycopg"),
    _python("asyncpg", "asyncpg", "asyncpg"),
    _python("sqlalchemy", "SQLAlchemy", "sqlalchemy", "psycopg"),
    _python("django", "Django", "django", "psycopg", bound=False),
    _node("node-postgres", "node-postgres", "pg", "pg-cursor", "pg-copy-streams"),
    _node("postgres-js", "postgres.js", "postgres"),
    _node(
        *("prisma", "Prisma Client", "@prisma/client", "@prisma/adapter-pg"),
        lacks=("cursors", "listen", "copy", "cancel"),
    ),
]

PGJDBC = "42.7.8"


class Unbuilt(Exception):
    """A toolchain is missing, or could not build its program."""


def _build(command: Sequence[str], cwd: Path, hint: str) -> None:
    if shutil.which(command[0]) is None:
        raise Unbuilt(f"{command[0]} is not in PATH: {hint}")
    done = subprocess.run(
        command, cwd=cwd, capture_output=True, text=True, check=False, timeout=600
    )
    if done.returncode:
        raise Unbuilt(f"{' '.join(command)}: {(done.stderr or done.stdout).strip()[-500:]}")


def build_pgx(folder: Path) -> Driver:
    """Build the Go program into a folder.

    Raises:
        Unbuilt: there is no Go, or no way to its modules.
    """
    _build(["go", "build", "-o", str(folder / "pgx"), "."], GO, "install Go (golang)")
    (found,) = re.findall(r"^require .*/pgx/v5 v(\S+)", (GO / "go.mod").read_text(), re.MULTILINE)
    return Driver(
        *("pgx", "pgx", [str(folder / "pgx")], GO, lambda: f"pgx {found}"),
        lacks=frozenset({"cursors"}),
    )


def build_pgjdbc(folder: Path) -> Driver:
    """Fetch pgjdbc with Maven and compile the Java program into a folder.

    Raises:
        Unbuilt: there is no JDK or Maven, or no way to the package.
    """
    artifact = f"org.postgresql:postgresql:{PGJDBC}"
    fetch = ["mvn", "-q", "-B", "dependency:copy", f"-Dartifact={artifact}"]
    _build([*fetch, f"-DoutputDirectory={folder}"], folder, "install Maven (maven)")
    jar = str(folder / f"postgresql-{PGJDBC}.jar")
    _build(
        ["javac", "-cp", jar, "-d", str(folder), str(JAVA / "Peer.java")],
        *(JAVA, "install a JDK (default-jdk)"),
    )
    command = ["java", "-XX:TieredStopAtLevel=1", "-cp", f"{jar}:{folder}", "Peer"]
    return Driver("pgjdbc", "pgjdbc", command, JAVA, lambda: f"pgjdbc {PGJDBC}")
