"""PostgreSQL's programs are found, overridden, and copied to where every account can reach them."""

import subprocess

import pytest

from forebay.errors import ConfigurationError, MissingExtra
from forebay.postgres import binaries as module
from forebay.postgres.binaries import find_binaries, is_reachable, reachable_binaries


def test_the_extra_brings_the_programs(binaries):
    for name in ("postgres", "initdb", "psql", "pgbench"):
        assert (binaries / name).is_file()


def test_another_build_can_be_named(monkeypatch, binaries, tmp_path):
    monkeypatch.setenv("FOREBAY_POSTGRES_BIN", str(binaries))
    assert find_binaries() == binaries
    monkeypatch.setenv("FOREBAY_POSTGRES_BIN", str(tmp_path))
    with pytest.raises(ConfigurationError, match="has no initdb"):
        find_binaries()


def test_a_missing_extra_is_named(monkeypatch):
    monkeypatch.delenv("FOREBAY_POSTGRES_BIN", raising=False)
    monkeypatch.setattr(module, "find_spec", lambda _name: None)
    with pytest.raises(MissingExtra, match="embedded"):
        find_binaries()


def test_what_everybody_reaches_is_used_as_it_is(folder):
    assert is_reachable(folder)
    assert reachable_binaries(folder) == folder


@pytest.fixture
def closed_installation(folder):
    programs = folder / "closed" / "package" / "install" / "bin"
    programs.mkdir(parents=True)
    (folder / "closed" / "package.libs").mkdir()
    (folder / "closed" / "package.libs" / "libpq.so").write_text("text")
    (programs / "postgres").write_text("#!/bin/sh\necho 'postgres (PostgreSQL) 18.4'\n")
    (programs / "postgres").chmod(0o700)
    (programs.parent / "share").mkdir()
    (programs.parent / "share" / "data").write_text("text")
    (programs.parent / "share" / "data").chmod(0o600)
    (folder / "closed").chmod(0o700)
    return programs


def test_what_only_the_owner_reaches_is_copied_once(monkeypatch, folder, closed_installation):
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    copy = reachable_binaries(closed_installation)
    assert copy != closed_installation
    assert is_reachable(copy / "postgres")
    assert is_reachable(copy.parent / "share" / "data")
    # Where the programs look for what their wheel brought along.
    assert is_reachable(copy / ".." / ".." / ".." / "package.libs" / "libpq.so")
    assert "18.4" in subprocess.check_output([copy / "postgres"], text=True)
    before = copy.stat()
    assert reachable_binaries(closed_installation) == copy
    assert copy.stat().st_ino == before.st_ino


def test_a_copy_that_somebody_else_put_there_is_refused(monkeypatch, folder, closed_installation):
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    copy = reachable_binaries(closed_installation).parents[2]
    copy.rename(folder / "elsewhere")
    copy.symlink_to(folder / "elsewhere")
    with pytest.raises(ConfigurationError, match="another account"):
        reachable_binaries(closed_installation)


def test_a_copy_of_the_real_programs_runs(monkeypatch, folder, binaries):
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    monkeypatch.setattr(module, "is_reachable", lambda _path: False)
    copy = reachable_binaries(binaries)
    assert copy.is_relative_to(folder)
    for name in ("postgres", "initdb", "psql", "pgbench"):
        assert "18" in subprocess.check_output([copy / name, "--version"], text=True)
