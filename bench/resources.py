"""What the kernel says a process used: CPU time, memory, descriptors; and what the machine did.

CPU of a process is always user plus system over all its threads, those that have ended included:
summing over the living ones would flatter whoever does its work in short-lived threads. Totals come
from the process's CPU clock in nanoseconds, the user share from the clock ticks of ``stat``.
"""

from __future__ import annotations

import os
import resource
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

TICK = 1 / os.sysconf("SC_CLK_TCK")
PROC = Path("/proc")


@dataclass(frozen=True)
class CpuTime:
    """Seconds of CPU: all of it, and the two parts as the kernel splits them."""

    total: float
    user: float
    system: float

    def __sub__(self, earlier: CpuTime) -> CpuTime:
        return CpuTime(
            self.total - earlier.total, self.user - earlier.user, self.system - earlier.system
        )

    @property
    def user_share(self) -> float:
        """The part of the time spent outside the kernel, between 0 and 1."""
        ticks = self.user + self.system
        return self.user / ticks if ticks else 0.0


@dataclass(frozen=True)
class Memory:
    """Bytes resident, and the proportional share of them."""

    resident: int
    proportional: int


def _stat_fields(pid: int) -> list[str]:
    # The command is in brackets and may hold spaces and brackets: fields start after the last one.
    return (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()


def _cpu_clock(pid: int) -> int:
    # What clock_getcpuclockid(3) computes: the scheduler's clock of the whole thread group.
    scheduler_clock = 2
    return (~pid << 3) | scheduler_clock


def cpu_time(pid: int) -> CpuTime:
    """Read the CPU time a process has used since it started."""
    fields = _stat_fields(pid)
    user, system = int(fields[11]) * TICK, int(fields[12]) * TICK
    return CpuTime(time.clock_gettime(_cpu_clock(pid)), user, system)


def memory(pid: int) -> Memory:
    """Read a process's resident memory."""
    values: dict[str, int] = {}
    for line in (PROC / str(pid) / "smaps_rollup").read_text().splitlines()[1:]:
        name, _, rest = line.partition(":")
        values[name] = int(rest.split()[0]) * 1024
    return Memory(values["Rss"], values["Pss"])


def descriptor_count(pid: int) -> int:
    """Count a process's open file descriptors."""
    return sum(1 for _ in (PROC / str(pid) / "fd").iterdir())


def thread_count(pid: int) -> int:
    """Count a process's threads."""
    return sum(1 for _ in (PROC / str(pid) / "task").iterdir())


def _process_table() -> Iterator[tuple[int, list[str]]]:
    for entry in PROC.iterdir():
        if entry.name.isdigit():
            try:
                yield int(entry.name), _stat_fields(int(entry.name))
            except (FileNotFoundError, ProcessLookupError):
                continue


def tree_seconds(pid: int) -> float:
    """CPU seconds of a process, its living children, and the children it has reaped."""
    ticks = 0
    for number, fields in _process_table():
        if number == pid:
            ticks += sum(int(field) for field in fields[11:15])
        elif int(fields[1]) == pid:
            ticks += sum(int(field) for field in fields[11:13])
    return ticks * TICK


def own_seconds() -> float:
    """CPU seconds of this process and of every child it has reaped."""
    own = resource.getrusage(resource.RUSAGE_SELF)
    reaped = resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + reaped.ru_utime + reaped.ru_stime


def machine_busy_seconds() -> float:
    """CPU seconds all processors spent on anything, what a hypervisor took included."""
    fields = [int(field) for field in (PROC / "stat").read_text().split("\n", 1)[0].split()[1:9]]
    user, nice, system, _idle, _waiting, interrupt, soft_interrupt, stolen = fields
    return (user + nice + system + interrupt + soft_interrupt + stolen) * TICK
