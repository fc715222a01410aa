"""The data plane's recorded profile is used by the rustc that it is for, and by no other."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from bench.pooler.contestants import PROJECT
from tools.profile_guided import PROFILE, RUSTC, llvm_major

VERSION, COMMIT, LLVM = RUSTC.read_text(encoding="utf-8").splitlines()
# What builds the extension, the first time and again.
BUILDS = ("--editable '.[dev]'", "--no-deps --editable .")


def _build_lines(folder: Path, version: str, commit: str, llvm: str) -> list[str]:
    """Return the lines that make would run to build, were this what `rustc -Vv` prints."""
    program = folder / "rustc"
    said_by_rustc = f"{version}\nbinary: rustc\n{commit}\nhost: here\n{llvm}"
    program.write_text(f"#!/bin/sh\ncat <<'.'\n{said_by_rustc}\n.\n")
    program.chmod(0o755)
    unset = ("MAKEFLAGS", "MAKELEVEL", "MFLAGS", "RUSTC", "RUSTFLAGS")
    environment = {name: value for name, value in os.environ.items() if name not in unset}
    environment["PATH"] = f"{folder}{os.pathsep}{environment['PATH']}"
    make = shutil.which("make")
    assert make is not None
    said = subprocess.run(
        [make, "--dry-run", "--always-make", ".venv/extension"],
        cwd=PROJECT,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    lines = said.stdout.replace("\\\n", " ").splitlines()
    found = [line for line in lines if line.endswith(BUILDS)]
    assert len(found) == len(BUILDS), said.stdout
    return found


def test_a_profile_is_recorded_with_its_rustc():
    assert PROFILE.read_bytes()[:8] == b"\xfflprofi\x81"
    assert VERSION.startswith("rustc ")
    assert COMMIT.startswith("commit-hash: ")
    assert LLVM.startswith("LLVM version: ")


def test_the_rustc_that_it_is_for_uses_it(tmp_path):
    for line in _build_lines(tmp_path, VERSION, COMMIT, LLVM):
        assert f'RUSTFLAGS="${{RUSTFLAGS:+$RUSTFLAGS }}-Cprofile-use={PROFILE} ' in line
        assert "Building without" not in line


@pytest.mark.parametrize(
    "rustc",
    [
        (VERSION, f"{COMMIT}0", LLVM),
        (VERSION, "commit-hash: unknown", LLVM),
        (f"{VERSION} (built from a source tarball)", COMMIT, LLVM),
        (VERSION, COMMIT, f"{LLVM}1"),
    ],
)
def test_another_rustc_builds_without_it_and_says_so(tmp_path, rustc):
    for line in _build_lines(tmp_path, *rustc):
        assert "RUSTFLAGS" not in line
        assert f"Building without crates/gateway.profdata, which is for {VERSION}' >&2;" in line


def test_tests_and_checks_never_use_it():
    for line in (PROJECT / "Makefile").read_text(encoding="utf-8").splitlines():
        if line.startswith("\t") and "cargo " in line:
            assert "RUSTFLAGS" not in line
            assert "$(BUILD)" not in line


def test_the_version_of_llvm_is_read():
    assert llvm_major(f"{VERSION}\n{COMMIT}\nLLVM version: 22.1.2\n") == "22"
