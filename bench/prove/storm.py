"""``forebay storm`` at full size: the failure and its cure, on a PostgreSQL of 100 connections."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

from bench.errors import BenchError
from bench.processes import clean_environment
from bench.prove.registry import Context, Finding, proof

POOL_SIZE = 20
MAX_LAG_MS = 100.0
LONGEST_SECONDS = 300.0
REFUSED = "53300"
INCONCLUSIVE = 3


def _storm(*arguments: str) -> tuple[dict[str, Any], int]:
    """Run the command and return its document and its exit code."""
    command = [sys.executable, "-m", "forebay", "storm", "--json", *arguments]
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        timeout=LONGEST_SECONDS,
        env=clean_environment(),
    )
    if not done.stdout:
        # All of it: of a traceback the first line says nothing.
        said = done.stderr.strip()
        raise BenchError(f"forebay storm failed with {done.returncode}: {said or 'no word'}")
    document: dict[str, Any] = json.loads(done.stdout)
    return document, done.returncode


def _refused(found: dict[str, Any], title: str) -> Finding:
    refused = found["errors"].get(REFUSED, 0)
    words = found["messages"][0]["message"] if found["messages"] else "nothing failed"
    claim = f"{title}: PostgreSQL refuses"
    measured = f"{refused:,} of {found['arrivals']:,}: {words}"
    return Finding(claim, f"{REFUSED}, in PostgreSQL's words", measured, refused > 0, found)


def _cured(found: dict[str, Any], functions: int, code: int) -> list[Finding]:
    is_conclusive = code != INCONCLUSIVE
    failed = found["arrivals"] - found["completed"]
    peak, lag = found["peak_connections"], found["lag_ms_p99"]
    name = f"{functions:,} functions through the pooler"
    warm = found["peak_instances"]
    return [
        Finding(
            f"{name}: every invocation served",
            "no error",
            f"{found['completed']:,} of {found['arrivals']:,}",
            failed == 0,
            found,
            is_conclusive,
        ),
        Finding(f"{name}: all connected at once", f"{functions:,}", f"{warm:,}", warm == functions),
        Finding(
            f"{name}: PostgreSQL held no more than the pool",
            f"<= {POOL_SIZE}",
            str(peak),
            peak <= POOL_SIZE,
        ),
        Finding(
            f"{name}: storm itself was on time",
            f"p99 <= {MAX_LAG_MS:g} ms",
            f"{lag:.1f} ms, {found['cpu_share']:.0%} of a core",
            lag <= MAX_LAG_MS,
            is_conclusive=is_conclusive,
        ),
    ]


@proof("storm-500", "forebay storm: 500 functions fail directly, none fails pooled", minutes=1)
def storm_500(context: Context) -> list[Finding]:
    """Run the default storm."""
    context.say("forebay storm --functions 500")
    document, code = _storm("--functions", "500", "--pool-size", str(POOL_SIZE))
    pool, one, pooled = document["strategies"]
    return [
        _refused(pool, "500 functions with a pool of 5 each"),
        _refused(one, "500 functions with one connection each"),
        *_cured(pooled, 500, code),
    ]


@proof("storm-5000", "forebay storm: 5,000 functions pooled on 100 connections", minutes=1)
def storm_5000(context: Context) -> list[Finding]:
    """Run ten times as many functions, pooled only."""
    context.say("forebay storm --functions 5000 --strategy pooled")
    arguments = ("--functions", "5000", "--strategy", "pooled", "--pool-size", str(POOL_SIZE))
    document, code = _storm(*arguments)
    return _cured(document["strategies"][0], 5_000, code)
