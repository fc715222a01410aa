"""Clients and their process: one client for a package, children after a fork, clients let go.

What must outlive a module that is loaded again is kept on `sys`, which never is.
"""

from __future__ import annotations

import os
import sys
import threading
import weakref
from typing import Any, Protocol, TypeVar


class Watched(Protocol):
    """A session, as far as its process is concerned."""

    def forget(self) -> None:
        """Begin anew in a child process."""


class _State:
    """What a process knows of its clients."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.clients: dict[str, Any] = {}
        self.sessions: weakref.WeakSet[Any] = weakref.WeakSet()
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self.forked)

    def forked(self) -> None:
        """Have every session begin anew: this is a child."""
        self.lock = threading.RLock()
        for session in list(self.sessions):
            session.forget()


_Client = TypeVar("_Client")


def _of_this_process() -> Any:
    """Return what another copy of this module began, or begin."""
    known = sys.__dict__.get("_forebay_clients")
    return known or sys.__dict__.setdefault("_forebay_clients", _State())


_process = _of_this_process()


def watch(session: Watched) -> None:
    """Have a session told of forks, for as long as it lives."""
    _process.sessions.add(session)


def client_of(kind: type[_Client], *arguments: Any, **options: Any) -> _Client:
    """Return the process's client of a package, made now if there is none.

    A package that is loaded again, or under another name, keeps its client: the client then turns
    into one of the newer class, so that what it returns is what the newer module knows.
    """
    key = identity(kind)
    with _process.lock:
        client = _process.clients.get(key)
        if client is None:
            client = kind(*arguments, **options)
            _process.clients[key] = client
        elif not isinstance(client, kind):
            # One with extensions is of a class of its own below this one, and stays what it is.
            _renew(client, kind)
        return client  # type: ignore[no-any-return]


def register(client: Any) -> bool:
    """Make a client the process's own for its package; False where there is another."""
    with _process.lock:
        return _process.clients.setdefault(identity(type(client)), client) is client


def registered(kind: type[_Client]) -> _Client | None:
    """Return the process's client of a package, if there is one."""
    with _process.lock:
        return _process.clients.get(identity(kind))  # type: ignore[no-any-return]


def unregister(kind: type[Any]) -> None:
    """Forget the process's client of a package."""
    with _process.lock:
        _process.clients.pop(identity(kind), None)


def identity(kind: type[Any]) -> str:
    """Return what stays the same when a package is loaded again."""
    package = getattr(kind, "package", None)
    return str(getattr(package, "identity", None) or f"{kind.__module__}.{kind.__qualname__}")


def _renew(client: Any, kind: type[Any]) -> None:
    renew = getattr(client, "_renew", None)
    if renew is not None:
        renew(kind)
        return
    client.__class__ = kind
