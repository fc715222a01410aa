"""The machine a figure was taken on: a number without it means nothing."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Machine:
    """What a reader needs to know before comparing with their own."""

    processor: str
    cores: int
    memory_gigabytes: float
    kernel: str
    system: str

    def sentence(self) -> str:
        """Describe the machine in one line."""
        return (
            f"{self.processor}, {self.cores} cores, {self.memory_gigabytes:.0f} GB, "
            f"Linux {self.kernel}, {self.system}"
        )


def _field(path: Path, name: str) -> str | None:
    for line in path.read_text().splitlines():
        key, separator, value = line.partition(":" if ":" in line else "=")
        if separator and key.strip() == name:
            return value.strip().strip('"')
    return None


def describe() -> Machine:
    """Look at the machine this runs on."""
    release = Path("/etc/os-release")
    total = _field(Path("/proc/meminfo"), "MemTotal") or "0 kB"
    return Machine(
        processor=_field(Path("/proc/cpuinfo"), "model name") or platform.machine(),
        cores=os.cpu_count() or 1,
        memory_gigabytes=int(total.split()[0]) * 1024 / 1e9,
        kernel=platform.release(),
        system=(_field(release, "PRETTY_NAME") if release.exists() else None) or platform.system(),
    )
