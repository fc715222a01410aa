"""What a generated client of a large schema costs a process beside the archived client's package.

Both are generated from LiteLLM's schema in the same run. The archived generator comes from PyPI and
npm and needs no engine to generate; its package is installed into an environment of its own.
"""

from __future__ import annotations

import json
import os
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from bench.processes import find_tool, run
from bench.prove.real_schemas import litellm
from bench.prove.registry import Context, Finding, proof
from bench.prove.results import FOLDER

ARCHIVED = "prisma==0.15.0"
ARCHIVED_CLI = "prisma@5.17.0"

CPU_BAR = 0.05
MEMORY_BAR_MB = 60.0
_URL = "postgresql://a@127.0.0.1/b"
_MB = 1024

# What the kernel says of a process that has ended includes the process that it came from.
_PEAK = """
print(next(line for line in open("/proc/self/status") if line.startswith("VmHWM")))
"""
_PEAK_LINE = re.compile(rb"VmHWM:\s+(\d+) kB")

OURS = f"""
from db import Client
client = Client(use_dotenv=False, datasource={{"url": "{_URL}"}})
"""
THEIRS = f"""
from prisma import Prisma
client = Prisma(use_dotenv=False, datasource={{"url": "{_URL}"}})
"""
# What the first query would load besides: the data model, the engine, the driver, a class.
READY = f"""{OURS}
client._begin(), client._build, client._engine
from db import models
models.LiteLLM_TeamTable
"""
# The archived generator asks for an engine that it then does not start.
_OFFLINE = {
    "CHECKPOINT_DISABLE": "1",
    "PRISMA_HIDE_UPDATE_MESSAGE": "1",
    "PRISMA_SKIP_POSTINSTALL_GENERATE": "1",
    "PRISMA_ENGINES_CHECKSUM_IGNORE_MISSING": "1",
}


@dataclass(frozen=True)
class Spent:
    """What a process cost."""

    cpu: float
    wall: float
    resident_mb: float

    def __str__(self) -> str:
        return f"{self.cpu * 1000:.0f} ms CPU, {self.wall * 1000:.0f} ms, {self.resident_mb:.1f} MB"


def _spent(command: list[str], folder: Path, variables: Mapping[str, str] | None = None) -> Spent:
    """Run a command by itself and return what the kernel says of it."""
    started = time.perf_counter()
    environment = {**os.environ, **(variables or {})}
    process = subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.PIPE)
    said = process.stdout.read() if process.stdout is not None else b""
    _, status, used = os.wait4(process.pid, 0)
    wall = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise subprocess.CalledProcessError(process.returncode, command)
    peak = _PEAK_LINE.search(said)
    return Spent(used.ru_utime + used.ru_stime, wall, int(peak[1]) / _MB if peak else 0.0)


def _median(rounds: int, measure: Callable[[], Spent]) -> Spent:
    measure()  # Python compiles what it has never seen
    taken = [measure() for _ in range(rounds)]
    return Spent(
        statistics.median(one.cpu for one in taken),
        statistics.median(one.wall for one in taken),
        statistics.median(one.resident_mb for one in taken),
    )


def _lines(folder: Path) -> int:
    return sum(path.read_text(encoding="utf-8").count("\n") for path in folder.rglob("*.py"))


def _generator(name: str, output: str) -> str:
    # As LiteLLM itself has it: with types that end, the archived package is five times the size.
    options = (
        f'  provider = "prisma-client-py"\n  output = "{output}"\n  recursive_type_depth = -1\n'
    )
    return f"generator {name} {{\n{options}}}\n"


def _bare(text: str) -> str:
    """Return a schema without its own generators."""
    blocks = text.split("\ngenerator ")
    return blocks[0] + "".join(block.partition("\n}\n")[2] for block in blocks[1:])


def _prepared(project: Path) -> Path:
    """Return a folder with the archived client, installed but not generated."""
    folder = project / FOLDER / "archived-client"
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "installed").exists():
        run([sys.executable, "-m", "venv", str(folder / "env")], awaited="venv")
        pip = [str(folder / "env" / "bin" / "pip"), "install", "--quiet", ARCHIVED]
        run(pip, awaited="pip install")
        (folder / "package.json").write_text(json.dumps({"private": True}))
        npm = str(find_tool("npm", "the archived generator is started by Prisma's command"))
        flags = ["--ignore-scripts", "--no-audit", "--no-fund", "--silent"]
        run([npm, "install", *flags, "--prefix", str(folder), ARCHIVED_CLI], awaited="npm install")
        (folder / "installed").touch()
    return folder


def _generate_theirs(folder: Path, text: str) -> Spent:
    nothing = folder / "nothing"
    nothing.write_text("#!/bin/sh\nexit 0\n")
    nothing.chmod(0o755)
    (folder / "schema.prisma").write_text(text + _generator("client", "package/prisma"))
    engines = ("QUERY_ENGINE_BINARY", "QUERY_ENGINE_LIBRARY", "SCHEMA_ENGINE_BINARY")
    variables = {
        **_OFFLINE,
        **{f"PRISMA_{name}": str(nothing) for name in engines},
        "PATH": f"{folder / 'env' / 'bin'}{os.pathsep}{os.environ['PATH']}",
    }
    prisma = str(folder / "node_modules" / ".bin" / "prisma")
    return _spent([prisma, "generate", "--schema", "schema.prisma"], folder, variables)


def _generate_ours(folder: Path, text: str) -> Spent:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "schema.prisma").write_text(text + _generator("client", "db"))
    return _spent([sys.executable, "-m", "forebay", "generate"], folder)


@proof("client-import", "a client of a large schema is loaded at a fraction of the cost", minutes=3)
def client_import(context: Context) -> list[Finding]:
    """Generate LiteLLM's client, and the archived one's, and load both."""
    text = _bare(litellm(context.project)[0][1])
    ours, theirs = context.project / FOLDER / "client-import", _prepared(context.project)
    context.say("generating")
    made, made_theirs = _generate_ours(ours, text), _generate_theirs(theirs, text)
    theirs_python = str(theirs / "env" / "bin" / "python")
    beside = {"PYTHONPATH": str(theirs / "package")}
    context.say("loading")
    loaded = _median(context.rounds, lambda: _spent([sys.executable, "-c", OURS + _PEAK], ours))
    ready = _median(context.rounds, lambda: _spent([sys.executable, "-c", READY + _PEAK], ours))
    archived = _median(
        min(context.rounds, 3),
        lambda: _spent([theirs_python, "-c", THEIRS + _PEAK], theirs, beside),
    )
    ratio, ready_ratio = loaded.cpu / archived.cpu, ready.cpu / archived.cpu
    size, size_theirs = _lines(ours / "db"), _lines(theirs / "package" / "prisma")
    return [
        Finding(
            "LiteLLM's client, import and construct: CPU",
            f"<= {CPU_BAR:g} x the archived client's",
            f"{loaded}; archived {archived} ({ratio:.3f} x)",
            ratio <= CPU_BAR,
        ),
        Finding(
            "LiteLLM's client, import and construct: memory",
            f"<= {MEMORY_BAR_MB:g} MB",
            f"{loaded.resident_mb:.1f} MB, archived {archived.resident_mb:.1f} MB",
            loaded.resident_mb <= MEMORY_BAR_MB,
        ),
        Finding(
            "LiteLLM's client, ready for a first query: CPU",
            f"<= {CPU_BAR * 2:g} x the archived client's import",
            f"{ready} ({ready_ratio:.3f} x)",
            ready_ratio <= CPU_BAR * 2,
        ),
        Finding(
            "LiteLLM's client, generated: lines of Python",
            "fewer than the archived generator's",
            f"{size:,}, archived {size_theirs:,}",
            size < size_theirs,
        ),
        Finding(
            "LiteLLM's client: time to generate",
            "less than the archived generator's",
            f"{made.wall:.2f} s, archived {made_theirs.wall:.2f} s",
            made.wall < made_theirs.wall,
        ),
    ]
