"""Records how the data plane runs under load, so that rustc can lay its code out for that.

`python -m tools.profile_guided` (or `make profile`) writes `crates/gateway.profdata`, and beside it
the rustc whose builds may use it: the names that it knows functions by differ with every other.
The Makefile is what uses it.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import trustme

from bench.database import NAME, ROLE, Database, throw_away_database
from bench.errors import BenchError
from bench.pooler.contestants import POOL_SIZE, PROJECT, make_contestant
from bench.pooler.pgbench import Load, run_pgbench
from bench.processes import Child, wait_until

PROFILE = PROJECT / "crates" / "gateway.profdata"
RUSTC = PROFILE.with_name(PROFILE.name + ".rustc")
# Not the one of other builds, which these flags would have to do again.
TARGET = PROJECT / "target" / "profiled"
RAW = TARGET / "raw"

TRANSACTIONS = 12_800
# What is done less often than pgbench's selects, and still has to be laid out well.
STATEMENTS = (
    "update pgbench_accounts set abalance = abalance + 1 where aid = %s",
    "select abalance from pgbench_accounts where aid = %s",
    "insert into pgbench_history (tid, bid, aid, delta, mtime) values (1, 1, %s, 1, now())",
)
MIXED_TRANSACTIONS = 400


def main() -> int:
    """Write the profile; whatever stops it is said in a sentence."""
    try:
        rustc = _rustc()
        merge = _llvm_profdata(rustc)
        os.environ["PYTHONPATH"] = str(_build_instrumented())
        _train()
        _merge(merge)
    except BenchError as error:
        print(error, file=sys.stderr)
        return 1
    RUSTC.write_text(_identity(rustc), encoding="utf-8")
    print(f"wrote {PROFILE.relative_to(PROJECT)}, for {rustc.splitlines()[0]}")
    return 0


def _rustc() -> str:
    program = os.environ.get("RUSTC", "rustc")
    return subprocess.run([program, "-Vv"], capture_output=True, text=True, check=True).stdout


def _identity(rustc: str) -> str:
    """Keep of `rustc -Vv` what the Makefile compares.

    The commit alone will not do: a distribution builds the same one with an LLVM of its own, which
    may not read the profile, and under a version that changes every name.
    """
    kept = ("rustc ", "commit-hash: ", "LLVM version: ")
    return "".join(f"{line}\n" for line in rustc.splitlines() if line.startswith(kept))


def llvm_major(rustc: str) -> str:
    """Read the version of LLVM that a rustc was built with from what `rustc -Vv` prints.

    Raises:
        BenchError: it does not say.
    """
    found = re.search(r"^LLVM version: (\d+)", rustc, re.MULTILINE)
    if found is None:
        raise BenchError("`rustc -Vv` names no version of LLVM", hint="install Rust with rustup")
    return found.group(1)


def _llvm_profdata(rustc: str) -> Path:
    """Find the program that merges what was recorded; only one of rustc's own LLVM can read it."""
    major = llvm_major(rustc)
    named = os.environ.get("LLVM_PROFDATA")
    candidates = [Path(named)] if named else list(_installed(major))
    for program in candidates:
        if _major_of(program) == major:
            return program
    seen = ", ".join(str(program) for program in candidates) or "none"
    raise BenchError(
        f"no llvm-profdata of LLVM {major}, which rustc records for (looked at: {seen})",
        hint=f"install Debian's package llvm-{major}, run `rustup component add llvm-tools`, "
        "or set LLVM_PROFDATA",
    )


def _installed(major: str) -> Iterator[Path]:
    for name in (f"llvm-profdata-{major}", "llvm-profdata"):
        found = shutil.which(name)
        if found:
            yield Path(found)
    yield from Path(f"/usr/lib/llvm-{major}/bin").glob("llvm-profdata")
    command = [os.environ.get("RUSTC", "rustc"), "--print", "sysroot"]
    sysroot = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    yield from Path(sysroot).glob("lib/rustlib/*/bin/llvm-profdata")


def _major_of(program: Path) -> str | None:
    # `llvm-profdata --version` is refused by some versions without a subcommand, and still printed.
    try:
        said = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
    except OSError:
        return None
    found = re.search(r"LLVM version (\d+)", said.stdout)
    return found.group(1) if found else None


def _build_instrumented() -> Path:
    """Build the extension as it is shipped, but counting, and return the folder to import it from.

    Through the same pip and with the same profile of cargo's: names inside depend on both.
    """
    wheels = TARGET / "wheel"
    shutil.rmtree(wheels, ignore_errors=True)
    print("Building the data plane so that it counts: some minutes", file=sys.stderr)
    command = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", "wheel"]
    command += ["--no-build-isolation", "--no-deps", "--wheel-dir", str(wheels), str(PROJECT)]
    environment = os.environ | {
        "CARGO_TARGET_DIR": str(TARGET),
        "PYO3_PYTHON": sys.executable,
        "RUSTFLAGS": f"-Cprofile-generate={RAW}",
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }
    if subprocess.run(command, env=environment, check=False).returncode != 0:
        raise BenchError("the build that counts failed")
    # What the build's own programs counted is not of interest.
    shutil.rmtree(RAW, ignore_errors=True)
    unpacked = TARGET / "package"
    shutil.rmtree(unpacked, ignore_errors=True)
    with zipfile.ZipFile(next(wheels.glob("*.whl"))) as wheel:
        wheel.extractall(unpacked)
    return unpacked


def _train() -> None:
    with throw_away_database(scale=10) as database:
        for transport in ("tcp", "unix"):
            print(f"Running it, with PostgreSQL behind {transport}", file=sys.stderr)
            _run_benchmark(database, transport)
        print("Running it with TLS", file=sys.stderr)
        _run_mixed(database)


def _run_benchmark(database: Database, transport: str) -> None:
    """Run the loads whose figures are published."""
    with make_contestant("forebay").start(database, transport) as running:
        for protocol in ("extended", "simple", "prepared"):
            for clients in (64, 8):
                load = Load(protocol, clients, transactions_per_client=TRANSACTIONS // clients)
                run_pgbench(database, running.endpoint, load)
        _end(running.child)


def _run_mixed(database: Database) -> None:
    """Run transactions of several statements, over TLS and without, with and without preparing."""
    with _gateway_with_tls(database) as port:
        for mode in ("require", "disable"):
            url = f"host=127.0.0.1 port={port} user={ROLE} dbname={NAME} sslmode={mode}"
            _transactions(url, lambda turn: turn % 2 == 0)


def _transactions(url: str, is_prepared: Callable[[int], bool]) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        for turn in range(MIXED_TRANSACTIONS):
            with connection.transaction():
                for statement in STATEMENTS:
                    connection.execute(statement, (turn + 1,), prepare=is_prepared(turn))
    for _ in range(MIXED_TRANSACTIONS // 10):
        with psycopg.connect(url) as connection:
            connection.execute("select 1")


@contextmanager
def _gateway_with_tls(database: Database) -> Iterator[int]:
    """Run a gateway that offers TLS, yield its port, and end it so that it writes its counts."""
    key, certificate = database.scratch("key.pem"), database.scratch("certificate.pem")
    issued = trustme.CA().issue_cert("127.0.0.1")
    issued.private_key_pem.write_to_path(key)
    issued.cert_chain_pems[0].write_to_path(certificate)
    configuration = {
        "listen_addr": ["127.0.0.1"],
        "listen_port": 0,
        "unix_socket_dir": None,
        "workers": 1,
        "auth_type": "trust",
        "users": [{"name": ROLE, "password": None}],
        "databases": [{"name": NAME, "host": "127.0.0.1", "port": database.port, "dbname": NAME}],
        "pool_mode": "transaction",
        "default_pool_size": POOL_SIZE,
        "client_tls_sslmode": "allow",
        "client_tls_key_file": str(key),
        "client_tls_cert_file": str(certificate),
    }
    host = [sys.executable, "-m", "bench.pooler.host"]
    log = database.scratch("profiled.log")
    with Child(host, log=log, piped=True, directory=PROJECT) as child:
        child.tell(json.dumps(configuration))
        addresses: list[str] = json.loads(child.read_line("listening"))
        yield int(addresses[0].rpartition(":")[2])
        _end(child)


def _end(child: Child) -> None:
    """Let a host leave by itself: one that is ended by a signal writes no counts."""
    child.stdin.close()
    wait_until(lambda: not child.is_running(), 30, "the data plane to end")


def _merge(program: Path) -> None:
    counts = [str(path) for path in RAW.glob("*.profraw")]
    if not counts:
        raise BenchError(f"the data plane left no counts in {RAW}")
    command = [str(program), "merge", "-sparse", "-o", str(PROFILE), *counts]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise BenchError(f"llvm-profdata: {done.stderr.strip()}")


if __name__ == "__main__":
    sys.exit(main())
