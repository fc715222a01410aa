"""Counts a process's system calls by name while a block runs.

perf counts in the kernel and hardly slows the process; strace stops it at every call, which lets
more events gather per wait and so flatters whoever batches. perf is used where it works.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

from bench.errors import BenchError
from bench.processes import clean_environment, wait_until

TRACEPOINTS = Path("/sys/kernel/tracing/events/syscalls")
TOTAL = "raw_syscalls:sys_enter"

# What a pooler may call in its steady state. Anything else still counts in the total, and shows as
# "other". Naming all 340 would make every context switch pay for 340 counters.
NAMES = (
    *("recvfrom", "recvmsg", "read", "readv", "sendto", "sendmsg", "write", "writev"),
    *("epoll_wait", "epoll_pwait", "epoll_pwait2", "epoll_ctl", "poll", "ppoll"),
    *("io_uring_enter", "futex", "accept4", "close", "socket", "connect", "shutdown"),
    *("setsockopt", "getsockopt", "fcntl", "clock_gettime", "sched_yield", "madvise"),
)


def choose_tracer(wanted: str = "auto") -> str:
    """Pick perf or strace.

    Raises:
        BenchError: neither can be used here.
    """
    if wanted in ("auto", "perf") and shutil.which("perf") and os.access(TRACEPOINTS, os.R_OK):
        return "perf"
    if wanted in ("auto", "strace") and shutil.which("strace"):
        return "strace"
    raise BenchError(
        "system calls cannot be counted here",
        hint="install linux-perf or strace; perf also needs tracefs and CAP_PERFMON",
    )


def count_syscalls(
    tracer: str, pid: int, output: Path, block: Callable[[], None]
) -> dict[str, int]:
    """Attach to every thread of ``pid``, run ``block``, and return calls by name.

    The key ``total`` is the sum.
    """
    counts = {"perf": _count_with_perf, "strace": _count_with_strace}[tracer](pid, output, block)
    if not counts.get("total"):
        raise BenchError(
            f"{tracer} saw no system call: {output.read_text(errors='replace')[-200:]}"
        )
    return counts


def _trace(command: list[str], output: Path, block: Callable[[], None], pid: int) -> None:
    output.unlink(missing_ok=True)
    tracer = subprocess.Popen(
        command,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=clean_environment({"LC_ALL": "C"}),
    )
    try:
        wait_until(lambda: _is_attached(tracer, command[0], pid), 10, f"{command[0]} to attach")
        block()
    finally:
        tracer.send_signal(signal.SIGINT)
        try:
            tracer.wait(10)
        except subprocess.TimeoutExpired:
            tracer.kill()
            tracer.wait()


def _is_attached(tracer: subprocess.Popen[bytes], program: str, pid: int) -> bool:
    if tracer.poll() is not None:
        raise BenchError(f"{Path(program).name} could not attach to process {pid}")
    if Path(program).name == "perf":
        # perf opens one descriptor per counter and thread, then sleeps until it is interrupted.
        status = Path(f"/proc/{tracer.pid}/status").read_text()
        opened = sum(1 for _ in Path(f"/proc/{tracer.pid}/fd").iterdir())
        return opened > len(NAMES) // 2 and "\tS (sleeping)" in status
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return all(f"TracerPid:\t{tracer.pid}\n" in (task / "status").read_text() for task in tasks)


def _count_with_perf(pid: int, output: Path, block: Callable[[], None]) -> dict[str, int]:
    named = [name for name in NAMES if (TRACEPOINTS / f"sys_enter_{name}").exists()]
    events = ",".join([TOTAL, *(f"syscalls:sys_enter_{name}" for name in named)])
    program = str(shutil.which("perf"))
    _trace(
        [program, "stat", "-x", ",", "-o", str(output), "-e", events, "-p", str(pid)],
        output,
        block,
        pid,
    )
    counts: dict[str, int] = {}
    for line in output.read_text().splitlines():
        parts = line.split(",")
        if len(parts) > 2 and parts[0].isdigit():
            name = "total" if parts[2] == TOTAL else parts[2].partition("sys_enter_")[2]
            counts[name] = int(parts[0])
    other = counts.get("total", 0) - sum(n for name, n in counts.items() if name != "total")
    counts["other"] = other
    return {name: number for name, number in counts.items() if number}


def _count_with_strace(pid: int, output: Path, block: Callable[[], None]) -> dict[str, int]:
    program = str(shutil.which("strace"))
    _trace([program, "-f", "-c", "-o", str(output), "-p", str(pid)], output, block, pid)
    counts: dict[str, int] = {}
    # % time, seconds, usecs/call, calls, errors (may be missing), name
    row = re.compile(r"^\s*[\d.]+\s+[\d.]+\s+\d+\s+(\d+)\s+(?:\d+\s+)?([a-z]\w*)$")
    for line in output.read_text().splitlines():
        found = row.match(line)
        if found and found.group(2) != "total":
            counts[found.group(2)] = int(found.group(1))
    counts["total"] = sum(counts.values())
    return counts
