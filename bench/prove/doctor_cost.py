"""What a look at 3,000 files costs, beside ruff and eslint on the same tree in the same run.

Half of the tree is Python, from all packages of the environment, and half is TypeScript:
the planted applications, over and over, each in a folder of its own.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from pathlib import Path

from bench.errors import BenchError
from bench.processes import find_tool, run
from bench.prove.registry import Context, Finding, proof
from bench.prove.results import FOLDER
from bench.prove.schema_cost import Spent
from tests.doctor.test_planted_config import PLANTED

FILES = 3000
CPU_BAR = 10.0
ROUNDS = 3
_ESLINT = ["eslint@9.39.1", "@typescript-eslint/parser@8.46.4", "typescript@5.9.3"]
_CONFIG = """
import parser from "@typescript-eslint/parser"
export default [{
  files: ["**/*.ts", "**/*.tsx"],
  languageOptions: { parser, parserOptions: { ecmaFeatures: { jsx: true } } },
  linterOptions: { reportUnusedDisableDirectives: "off" },
  rules: { "no-undef": "off", "no-unused-vars": "warn", "no-unreachable": "warn",
           "no-dupe-keys": "warn", "no-await-in-loop": "warn", "require-await": "warn" },
}]
"""


@proof(
    "doctor-cost",
    "a repository of 3,000 files is looked at in 10 s of CPU",
    minutes=3,
)
def doctor_cost(context: Context) -> list[Finding]:
    """Measure the whole process, start included, as the kernel counts it."""
    with tempfile.TemporaryDirectory(prefix="doctor-cost-") as folder:
        tree = Path(folder, "tree")
        count, size = _build(tree)
        context.say(f"{count} files, {size / 1e6:.1f} MB")
        ours = _least([sys.executable, "-m", "forebay", "doctor", "--json", "."], tree, {0, 1})
        ruff = Path(sys.executable).parent / "ruff"
        theirs = _least([str(ruff), "check", "--isolated", "--no-cache", "-q", "."], tree, {0, 1})
        beside = [f"ruff {theirs.cpu:.2f} s for the Python half"]
        try:
            eslint = _eslint(context.project / FOLDER / "eslint")
            config = Path(folder, "eslint.config.mjs")
            config.write_text(_CONFIG)
            (Path(folder) / "node_modules").symlink_to(eslint / "node_modules")
            program = eslint / "node_modules" / ".bin" / "eslint"
            command = [str(program), "--quiet", "-c", str(config), "."]
            linted = _least(command, tree, {0, 1})
            beside.append(f"eslint {linted.cpu:.2f} s for the TypeScript half")
        except BenchError as error:
            beside.append(f"eslint not measured: {error}")
    return [
        Finding(
            f"CPU of a look at {count} files ({size / 1e6:.1f} MB)",
            f"at most {CPU_BAR:g} s",
            f"{ours.cpu:.2f} s, {ours.resident_mb:.0f} MB ({'; '.join(beside)})",
            ours.cpu <= CPU_BAR and count >= FILES,
        )
    ]


def _build(tree: Path) -> tuple[int, int]:
    """Write the tree, and return how many files it has and how many bytes."""
    tree.mkdir()
    count = size = 0
    for number, path in enumerate(_python()):
        if count >= FILES // 2:
            break
        # A thousand modules of one folder are nobody's repository.
        where = tree / "services" / f"part{number // 60}" / f"{number}_{path.name}"
        where.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, where)
        count, size = count + 1, size + path.stat().st_size
    copy = 0
    while count < FILES:
        for name in ("next", "next-fixed"):
            target = tree / "clients" / f"{name}-{copy}"
            shutil.copytree(PLANTED / name, target)
            for path in target.rglob("*"):
                if path.is_file():
                    count, size = count + 1, size + path.stat().st_size
        copy += 1
    return count, size


def _python() -> Iterator[Path]:
    """Yield what the environment has installed, of all packages, in an order of no meaning."""
    root = Path(sysconfig.get_path("purelib"))
    found = [path for path in root.rglob("*.py") if 200 < path.stat().st_size < 100_000]
    if len(found) < FILES // 2:
        raise BenchError(f"{root} holds {len(found)} Python files: make test installs the rest")
    yield from sorted(
        found, key=lambda path: hashlib.sha256(str(path.relative_to(root)).encode()).digest()
    )


def _least(command: list[str], folder: Path, expected: set[int]) -> Spent:
    """Return the least of some rounds: noise only ever adds."""
    return min((_spent(command, folder, expected) for _ in range(ROUNDS)), key=lambda one: one.cpu)


def _spent(command: list[str], folder: Path, expected: set[int]) -> Spent:
    process = subprocess.Popen(
        command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in expected:
        raise BenchError(f"{command[0]} ended with exit code {process.returncode}")
    return Spent(used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


def _eslint(folder: Path) -> Path:
    if not (folder / "node_modules" / ".bin" / "eslint").exists():
        folder.mkdir(parents=True, exist_ok=True)
        npm = find_tool("npm", "eslint comes from its registry")
        command = [str(npm), "install", "--silent", "--no-audit", "--no-fund", "--ignore-scripts",
                   "--prefix", str(folder), *_ESLINT]  # fmt: skip
        run(command, awaited="npm install")
    return folder
