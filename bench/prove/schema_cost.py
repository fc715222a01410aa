"""What checking a large schema costs beside Prisma's WebAssembly, and how the cost grows."""

from __future__ import annotations

import gc
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bench.processes import find_tool
from bench.prove.real_schemas import Files, litellm
from bench.prove.registry import Context, Finding, proof
from forebay.schema.check import check
from tests.reference.wasm import Wasm

OURS = """
import sys
from forebay.schema.check import check
with open(sys.argv[1], newline="", encoding="utf-8") as file:
    checked = check([("schema.prisma", file.read())], 6)
sys.exit(bool(checked.errors))
"""
THEIRS = """
const prisma = require("prisma-6");
const text = require("fs").readFileSync(process.argv[1], "utf-8");
prisma.validate(JSON.stringify({ prismaSchema: [["schema.prisma", text]], noColor: true }));
"""

CPU_BAR = 10.0
MEMORY_BAR_MB = 60.0
GROWTH_BAR = 11.0
_NAMES = re.compile(r"^(?:model|enum|view) +(\w+)", re.MULTILINE)
_DATABASE_NAMES = re.compile(r'((?:@@map\(|map: *)")([^"]+)"')
_CONFIGURATION = re.compile(r"^(?:datasource|generator) +\w+ +\{.*?^\}\n", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Spent:
    """What a process cost."""

    cpu: float
    resident_mb: float


def _spent(command: list[str], folder: Path | None = None) -> Spent:
    """Run a command by itself and return what the kernel says of it."""
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise subprocess.CalledProcessError(process.returncode, command)
    return Spent(used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


def _median(rounds: int, measure: Callable[[], Spent]) -> Spent:
    taken = [measure() for _ in range(rounds)]
    return Spent(
        statistics.median(one.cpu for one in taken),
        statistics.median(one.resident_mb for one in taken),
    )


def tenfold(text: str) -> str:
    """Write ten copies of a schema's models and enums, each with names of its own."""
    configuration = "".join(match[0] for match in _CONFIGURATION.finditer(text))
    body = _CONFIGURATION.sub("", text)
    names = re.compile(rf"\b(?:{'|'.join(_NAMES.findall(body))})\b")
    copies = []
    for number in range(10):
        copy = _DATABASE_NAMES.sub(rf'\g<1>\g<2>_{number}"', body)
        copies.append(names.sub(rf"\g<0>_{number}", copy))
    return configuration + "\n".join(copies)


def _check_time(rounds: int, files: Files) -> float:
    """Return the CPU seconds of a check in a process that has done some.

    What the check before has left is collected in between: it is no part of the next one's cost.
    """
    taken = []
    for _ in range(rounds + 2):
        gc.collect()
        started = time.process_time()
        check(files, 6)
        taken.append(time.process_time() - started)
    return statistics.median(taken[2:])


def _reference_time(rounds: int, wasm: Wasm, files: Files) -> float:
    taken = [wasm.ask("6", files, ["validate"])["cpu"]["validate"] for _ in range(rounds + 2)]
    return float(statistics.median(taken[2:]))


def _processes(context: Context, text: str) -> list[Finding]:
    node = str(find_tool("node", "the reference is WebAssembly that Node runs"))
    python = sys.executable
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "schema.prisma"
        path.write_text(text, encoding="utf-8", newline="")
        ours = _median(context.rounds, lambda: _spent([python, "-c", OURS, str(path)]))
        command = [node, "-e", THEIRS, str(path)]
        theirs = _median(context.rounds, lambda: _spent(command, Wasm.folder))
    ratio = ours.cpu / theirs.cpu
    return [
        Finding(
            "LiteLLM's schema, a process that checks it once: CPU",
            f"<= {CPU_BAR:g} x Prisma's",
            f"{ours.cpu * 1000:.0f} ms, Prisma {theirs.cpu * 1000:.0f} ms ({ratio:.2f} x)",
            ratio <= CPU_BAR,
        ),
        Finding(
            "LiteLLM's schema, that process: memory",
            f"<= {MEMORY_BAR_MB:g} MB",
            f"{ours.resident_mb:.1f} MB, Prisma {theirs.resident_mb:.1f} MB",
            ours.resident_mb <= MEMORY_BAR_MB,
        ),
    ]


@proof("schema-cost", "a large schema is checked at a cost that can be borne", minutes=1)
def schema_cost(context: Context) -> list[Finding]:
    """Check LiteLLM's schema, and ten times as much."""
    files = litellm(context.project)
    text = files[0][1]
    large: Files = (("schema.prisma", tenfold(text)),)
    with Wasm() as wasm:
        context.say("LiteLLM's schema, by itself")
        found = _processes(context, text)
        context.say("LiteLLM's schema, again and again")
        ours = _check_time(context.rounds, files)
        theirs = _reference_time(context.rounds, wasm, files)
        context.say("ten times LiteLLM's schema")
        is_same = (
            check(large, 6).errors == [] and wasm.ask("6", large, ["validate"])["validate"] is None
        )
        grown = _check_time(context.rounds, large)
    found.append(
        Finding(
            "LiteLLM's schema, a process that goes on checking: CPU",
            f"<= {CPU_BAR:g} x Prisma's",
            f"{ours * 1000:.1f} ms, Prisma {theirs * 1000:.1f} ms ({ours / theirs:.1f} x)",
            ours / theirs <= CPU_BAR,
        )
    )
    found.append(Finding("ten times the schema is valid for both", "yes", str(is_same), is_same))
    found.append(
        Finding(
            "ten times the schema: CPU",
            f"<= {GROWTH_BAR:g} x",
            f"{grown * 1000:.0f} ms ({grown / ours:.1f} x)",
            grown / ours <= GROWTH_BAR,
        )
    )
    return found
