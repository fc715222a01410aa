"""Goes into the background, before any thread exists, and becomes another account."""

# Host names need it, and the account that is become may be kept from reading Python's own files.
import encodings.idna  # noqa: F401
import grp
import os
import pwd
from collections.abc import Callable
from pathlib import Path

from forebay.errors import ConfigurationError


def become(user: str) -> None:
    """Give up root for `user`, with the groups of that account.

    Raises:
        ConfigurationError: there is no such account, or this one may not become it.
    """
    try:
        account = pwd.getpwnam(user)
    except KeyError:
        raise ConfigurationError(
            f'user "{user}" is no account of this machine', hint="create it, or name another"
        ) from None
    if os.geteuid() == account.pw_uid:
        return
    if os.geteuid() != 0:
        raise ConfigurationError(
            f"only root may become user {user}",
            hint=f"start it as root or as {user}, or remove the setting",
        )
    os.initgroups(user, account.pw_gid)
    os.setgid(account.pw_gid)
    os.setuid(account.pw_uid)


def own_socket(path: Path, group: str) -> None:
    """Give a unix socket to a group.

    Raises:
        ConfigurationError: there is no such group, or it may not be given to it.
    """
    try:
        os.chown(path, -1, grp.getgrnam(group).gr_gid)
    except KeyError:
        raise ConfigurationError(
            f'unix_socket_group "{group}" is no group of this machine',
            hint="create it, or name another",
        ) from None
    except OSError as error:
        raise ConfigurationError(
            f"{path} cannot be given to unix_socket_group {group}: {error.strerror}",
            hint=f"run it as root, or as a member of {group}",
        ) from None


def into_background() -> Callable[[], None]:
    """Fork into the background; the first process ends once the other calls what is returned.

    The first process exits 0 when it was called, and 1 when the other ended without. Standard
    error is kept, for what may still be refused. Nothing may have started a thread before.
    """
    readable, writable = os.pipe()
    if os.fork() > 0:
        os.close(writable)
        # The end of the pipe without a byte is the end of the process that would have written it.
        has_started = os.read(readable, 1) == b"+"
        os._exit(0 if has_started else 1)
    os.close(readable)
    os.setsid()
    # A second fork: what leads no session can never be given a terminal again.
    if os.fork() > 0:
        os._exit(0)
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    os.dup2(null, 1)
    os.close(null)

    def started() -> None:
        os.write(writable, b"+")
        os.close(writable)

    return started
