"""Packages that tests generate, and what Python and the type checkers say of them."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from bench.processes import find_tool, run
from forebay.client.package import Interface
from forebay.generator.package import package_files
from forebay.generator.write import write
from forebay.schema.load import load

FOLDER = Path(__file__).parent
SCHEMAS = FOLDER / "schemas"
SOURCE = FOLDER.parent.parent / "src"
PYRIGHT = FOLDER / "checkers" / "node_modules" / "pyright" / "index.js"


def schema_text(name: str) -> str:
    """Return one of the schemas of these tests."""
    return (SCHEMAS / f"{name}.prisma").read_text(encoding="utf-8")


def generate(text: str, folder: Path, interface: Interface = "asyncio", name: str = "db") -> Path:
    """Write a schema's package into a folder, and return the folder."""
    files = package_files(load([("schema.prisma", text)]), "client", interface)
    write(folder / name, files)
    return folder


def without_waiting(text: str) -> str:
    """Return a program for asyncio as it is written without."""
    return re.sub(r"\basync |\bawait ", "", text)


def python(folder: Path, code: str) -> str:
    """Run code beside a package, and return what it prints."""
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
        cwd=folder,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@dataclass(frozen=True)
class Complaint:
    """What a type checker does not like."""

    file: str
    line: int
    text: str


def pyright(folder: Path) -> list[Complaint]:
    """Return what pyright finds in a folder, with its strictest rules."""
    _install()
    settings = {
        "typeCheckingMode": "strict",
        "pythonVersion": "3.11",
        "include": ["."],
        "extraPaths": [str(SOURCE)],
    }
    (folder / "pyrightconfig.json").write_text(json.dumps(settings))
    node = str(find_tool("node", "pyright runs on it"))
    arguments = [node, str(PYRIGHT), "-p", str(folder), "--pythonpath", sys.executable]
    done = subprocess.run(
        [*arguments, "--outputjson"], capture_output=True, text=True, check=False, timeout=120
    )
    found = json.loads(done.stdout)["generalDiagnostics"]
    return [
        Complaint(
            Path(one["file"]).relative_to(folder.resolve()).as_posix(),
            one["range"]["start"]["line"] + 1,
            one["message"],
        )
        for one in found
    ]


_LINE = re.compile(r"(?P<file>[^:]+):(?P<line>\d+): error: (?P<text>.*)")


def mypy(folder: Path) -> list[Complaint]:
    """Return what mypy finds in a folder, with its strictest rules."""
    arguments = ["--strict", "--python-version", "3.11", "--config-file=", "--no-error-summary"]
    cache = FOLDER.parent.parent / ".mypy_cache" / "generated"
    targets = sorted(one.name for one in folder.iterdir() if _is_source(one))
    done = subprocess.run(
        [sys.executable, "-m", "mypy", *arguments, f"--cache-dir={cache}", *targets],
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
        env={**os.environ, "MYPYPATH": str(SOURCE)},
        timeout=120,
    )
    assert done.returncode in (0, 1), done.stderr or done.stdout
    matches = [_LINE.match(line) for line in done.stdout.splitlines()]
    return [Complaint(one["file"], int(one["line"]), one["text"]) for one in matches if one]


def _is_source(path: Path) -> bool:
    return path.suffix == ".py" or (path / "__init__.py").is_file()


def _install() -> None:
    """Install the pinned checker from npm's registry, unless it is there."""
    if not PYRIGHT.is_file():
        npm = find_tool("npm", "pyright comes from its registry")
        arguments = ("ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix")
        run([str(npm), *arguments, str(FOLDER / "checkers")], awaited="npm ci")
