"""Chooses the account that the embedded PostgreSQL runs as, since it refuses to run as root."""

import os
import pwd
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

from forebay.errors import EmbeddedServerError

# The first that exists: the one packages create for PostgreSQL, then the one every system has.
_CANDIDATES = ("postgres", "nobody")


class Identity(TypedDict, total=False):
    """The arguments of `subprocess` that make a child drop to another account."""

    user: int
    group: int
    extra_groups: list[int]


@dataclass(frozen=True, slots=True)
class Account:
    """An unprivileged account; None stands for the one already running."""

    name: str
    user: int
    group: int

    def identity(self) -> Identity:
        """Return what `subprocess` needs to start a child as this account, without our groups."""
        return {"user": self.user, "group": self.group, "extra_groups": []}

    def own(self, path: Path) -> None:
        """Give `path` to this account."""
        os.chown(path, self.user, self.group)


def choose_account(data: Path) -> Account | None:
    """Return the account for the server on `data`, or None when we are not root.

    An existing data directory keeps its owner: PostgreSQL refuses one that is not its own.

    Raises:
        EmbeddedServerError: no unprivileged account exists.
    """
    if os.geteuid() != 0:
        return None
    if data.exists() and data.stat().st_uid != 0:
        status = data.stat()
        return Account(f"uid {status.st_uid}", status.st_uid, status.st_gid)
    for name in _CANDIDATES:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(name, entry.pw_uid, entry.pw_gid)
    raise EmbeddedServerError(
        "PostgreSQL refuses to run as root, and there is no account `postgres` or `nobody`",
        hint="create one (useradd --system postgres), or run Forebay as an unprivileged account",
    )
