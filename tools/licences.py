"""Checks the licence of every crate and every Python package that Forebay ships with or builds on.

No GPL, no AGPL. LGPL only where the list says so: psycopg is imported, never linked in or changed.
"""

import json
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.metadata import Distribution, PackageNotFoundError, distribution

from packaging.requirements import Requirement

ALLOWED = frozenset(
    {
        "0BSD",
        "Apache-2.0",
        "Apache-2.0 WITH LLVM-exception",
        "BSD-2-Clause",
        "BSD-3-Clause",
        "BSL-1.0",
        "CC0-1.0",
        "ISC",
        "MIT",
        "MIT-0",
        "MPL-2.0",
        "PSF-2.0",
        "PostgreSQL",
        "Unicode-3.0",
        "Unlicense",
        "Zlib",
    }
)

# Imported as libraries, which the LGPL permits to programs under any licence.
IMPORTED_LGPL = dict.fromkeys(("psycopg", "psycopg-binary", "psycopg-pool"), "LGPL-3.0-only")

# What packages wrote before licence expressions existed.
SPOKEN = {
    "3-clause bsd license": "BSD-3-Clause",
    "apache": "Apache-2.0",
    "apache 2.0": "Apache-2.0",
    "apache license 2.0": "Apache-2.0",
    "apache license, version 2.0": "Apache-2.0",
    "apache software license": "Apache-2.0",
    "bsd 2-clause license": "BSD-2-Clause",
    "bsd 3-clause license": "BSD-3-Clause",
    "bsd license": "BSD-3-Clause",
    "isc license (iscl)": "ISC",
    "mit license": "MIT",
    "mozilla public license 2.0 (mpl 2.0)": "MPL-2.0",
    "python software foundation license": "PSF-2.0",
}

_OUR_OWN = frozenset({"forebay"})


@dataclass(frozen=True)
class Package:
    """One dependency, and the licence it states; None when it states none."""

    name: str
    version: str
    licence: str | None


def is_allowed(expression: str, allowed: Iterable[str] = ALLOWED) -> bool:
    """Whether an SPDX expression can be met by licences of `allowed` alone."""
    # Before SPDX settled on OR, crates wrote a slash.
    tokens = re.findall(r"\(|\)|[^\s()]+", expression.replace("/", " OR "))
    try:
        value, rest = _alternatives(tokens, frozenset(allowed))
    except ValueError:
        return False
    return value and not rest


def _alternatives(tokens: list[str], allowed: frozenset[str]) -> tuple[bool, list[str]]:
    value, tokens = _together(tokens, allowed)
    while tokens and tokens[0].upper() == "OR":
        other, tokens = _together(tokens[1:], allowed)
        value = value or other
    return value, tokens


def _together(tokens: list[str], allowed: frozenset[str]) -> tuple[bool, list[str]]:
    value, tokens = _single(tokens, allowed)
    while tokens and tokens[0].upper() == "AND":
        other, tokens = _single(tokens[1:], allowed)
        value = value and other
    return value, tokens


def _single(tokens: list[str], allowed: frozenset[str]) -> tuple[bool, list[str]]:
    if not tokens:
        raise ValueError("the expression ends too early")
    if tokens[0] == "(":
        value, rest = _alternatives(tokens[1:], allowed)
        if rest[:1] != [")"]:
            raise ValueError("a parenthesis is not closed")
        return value, rest[1:]
    name, rest = tokens[0], tokens[1:]
    if rest[:1] and rest[0].upper() == "WITH":
        name, rest = " ".join([name, *rest[:2]]), rest[2:]
    return name in allowed, rest


def crates() -> Iterator[Package]:
    """Yield every crate of the workspace's lock file but our own."""
    listing = subprocess.run(
        ["cargo", "metadata", "--locked", "--format-version=1"],
        check=True,
        stdout=subprocess.PIPE,
    )
    for package in json.loads(listing.stdout)["packages"]:
        if package["source"] is not None:  # our own crates come from no registry
            yield Package(package["name"], package["version"], package["license"])


def python_packages(root: str = "forebay") -> Iterator[Package]:
    """Yield every installed package that `root` needs with all its extras, directly or not."""
    wanted = [(root, "")]
    seen = set(wanted)
    yielded = set(_OUR_OWN)
    while wanted:
        name, extra = wanted.pop()
        try:
            found = distribution(name)
        except PackageNotFoundError:
            continue  # for another platform or Python
        if name not in yielded:
            yielded.add(name)
            yield Package(name, found.version, _stated_licence(found))
        extras = found.metadata.get_all("Provides-Extra") or [] if name == root else [extra]
        for line in found.requires or []:
            requirement = Requirement(line)
            marker = requirement.marker
            if marker and not any(marker.evaluate({"extra": each}) for each in ["", *extras]):
                continue
            for each in ["", *requirement.extras]:
                step = (_normal(requirement.name), each)
                if step not in seen:
                    seen.add(step)
                    wanted.append(step)


def complaints(packages: Iterable[Package]) -> list[str]:
    """Return one line for each package that must not be here."""
    lines = []
    for package in packages:
        allowed = ALLOWED | {IMPORTED_LGPL.get(package.name, "")}
        if package.licence is None:
            lines.append(f"{package.name} {package.version} states no licence")
        elif not is_allowed(package.licence, allowed):
            lines.append(f"{package.name} {package.version} is under {package.licence}")
    return sorted(lines)


def _stated_licence(found: Distribution) -> str | None:
    metadata = found.metadata
    for expression in metadata.get_all("License-Expression") or []:
        return str(expression)
    for classifier in metadata.get_all("Classifier") or []:
        family, _, spoken = str(classifier).rpartition(" :: ")
        # The approval of a list stands beside the licence, and is none.
        if family.startswith("License") and not spoken.endswith(("Approved", "approved")):
            return SPOKEN.get(spoken.lower(), spoken)
    for text in metadata.get_all("License") or []:
        # Some put the whole text here; the first line names it.
        spoken = str(text).strip().partition("\n")[0]
        return SPOKEN.get(spoken.lower(), spoken) or None
    return None


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def main() -> int:
    """Print what is wrong, and return the exit code."""
    packages = [*crates(), *python_packages()]
    wrong = complaints(packages)
    for line in wrong:
        print(f"licence: {line}", file=sys.stderr)
    if wrong:
        print(
            "choose another package, or, if its licence is permissive, add it to tools/licences.py",
            file=sys.stderr,
        )
        return 1
    print(f"licences of {len(packages)} packages are fine")
    return 0


if __name__ == "__main__":
    sys.exit(main())
